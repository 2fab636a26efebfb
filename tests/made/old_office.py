"""Office documents in what came before, between and beside the packages: written by hand."""

from __future__ import annotations

import struct


def word_2003(words: str) -> bytes:
    """A Word document as one XML file."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?>'
        '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
        f"<w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:wordDocument>"
    ).encode()


def excel_2003(words: str) -> bytes:
    """A workbook as one XML file."""
    namespace = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        f'<Workbook xmlns="{namespace}" xmlns:ss="{namespace}"><Worksheet ss:Name="S"><Table>'
        f'<Row><Cell><Data ss:Type="String">{words}</Data></Cell></Row></Table></Worksheet>'
        "</Workbook>"
    ).encode()


def excel(version: int, words: str) -> bytes:
    """A sheet of Excel 2, 3 or 4 with words in its first cell: three records."""
    letters = words.encode("cp1252")
    if version == 2:
        begin = struct.pack("<HH", 2, 0x10)
        label = struct.pack("<HH3xB", 0, 0, len(letters)) + letters
        records = [(0x0009, begin), (0x0004, label), (0x000A, b"")]
    else:
        begin = struct.pack("<HHH", version << 8, 0x10, 0)
        label = struct.pack("<HHHH", 0, 0, 0, len(letters)) + letters
        records = [(version << 8 | 0x0009 if version == 4 else 0x0209, begin)]
        records += [(0x0204, label), (0x000A, b"")]
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)


def web_archive(markup: str) -> bytes:
    """A web page saved as one mail, with a picture beside it."""
    return (
        "From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;"
        ' boundary="edge"; type="text/html"\r\n\r\n--edge\r\nContent-Type: text/html;'
        ' charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        f"{markup}\r\n--edge\r\nContent-Type: image/gif\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=\r\n--edge--\r\n"
    ).encode()


def flat(kind: str, body: str) -> bytes:
    """An OpenDocument in one XML file; `kind` is text, spreadsheet, presentation or graphics."""
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    names = {"office": "office", "text": "text", "table": "table", "draw": "drawing"}
    names |= {"svg": "svg-compatible"}
    spaces = " ".join(f'xmlns:{short}="{urn}:{name}:1.0"' for short, name in names.items())
    return (
        f'<?xml version="1.0"?><office:document {spaces} office:version="1.2"'
        f' office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body>'
        f"<office:{'drawing' if kind == 'graphics' else kind}>{body}"
        f"</office:{'drawing' if kind == 'graphics' else kind}></office:body></office:document>"
    ).encode()


DRAWING = (
    '<draw:page draw:name="one"><draw:frame svg:width="9cm" svg:height="2cm" svg:x="1cm"'
    ' svg:y="1cm"><draw:text-box><text:p>in a drawing</text:p></draw:text-box></draw:frame>'
    "</draw:page>"
)
