"""Small Office packages, made by hand: the least that LibreOffice opens."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_OOXML = "application/vnd.openxmlformats-officedocument"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def package(parts: Mapping[str, str | bytes], *, packed: bool = True) -> bytes:
    """A ZIP of these parts, in this order."""
    made = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def _relations(*relations: str) -> str:
    return (
        '<?xml version="1.0"?><Relationships '
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(relations)
        + "</Relationships>"
    )


def _types(part: str, main: str) -> str:
    return (
        '<?xml version="1.0"?><Types '
        'xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{_OOXML}.{main}.main+xml"/></Types>'
    )


def external(identity: str, kind: str, target: str) -> str:
    """An OOXML relation to something outside of the package."""
    return (
        f'<Relationship Id="{identity}" Type="{_RELATION}/{kind}" Target="{escape(target)}" '
        'TargetMode="External"/>'
    )


def docx(body: str = "", *, relations: Sequence[str] = (), text: str = "") -> bytes:
    """A Word document of one paragraph of text, then `body` as it stands."""
    return package(
        {
            "[Content_Types].xml": _types("word/document.xml", "wordprocessingml.document"),
            "_rels/.rels": _relations(
                f'<Relationship Id="r1" Type="{_RELATION}/officeDocument" '
                'Target="word/document.xml"/>'
            ),
            "word/_rels/document.xml.rels": _relations(*relations),
            "word/document.xml": (
                '<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.'
                'openxmlformats.org/wordprocessingml/2006/main" '
                f'xmlns:r="{_RELATION}" xmlns:v="urn:schemas-microsoft-com:vml" '
                'xmlns:o="urn:schemas-microsoft-com:office:office"><w:body>'
                f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>{body}</w:body></w:document>"
            ),
        }
    )


def xlsx(rows: Sequence[Sequence[str]], *, after: str = "", before: str = "") -> bytes:
    """A workbook of one sheet; `before` and `after` stand around its sheetData."""
    cells = "".join(
        "<row>"
        + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row)
        + "</row>"
        for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    types = _types("xl/workbook.xml", "spreadsheetml.sheet").replace(
        "</Types>",
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{_OOXML}.spreadsheetml.worksheet+xml"/></Types>',
    )
    return package(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": _relations(
                f'<Relationship Id="r1" Type="{_RELATION}/officeDocument" '
                'Target="xl/workbook.xml"/>'
            ),
            "xl/workbook.xml": (
                f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{_RELATION}">'
                '<sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": _relations(
                f'<Relationship Id="r1" Type="{_RELATION}/worksheet" '
                'Target="worksheets/sheet1.xml"/>'
            ),
            "xl/worksheets/sheet1.xml": (
                f'<?xml version="1.0"?><worksheet xmlns="{main}" xmlns:r="{_RELATION}">{before}'
                f"<sheetData>{cells}</sheetData>{after}</worksheet>"
            ),
        }
    )


def odf(
    kind: str = "text",
    body: str = "",
    *,
    before: str = "",
    styles: str = "",
    manifest: str = "",
    extra: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """An OpenDocument package; `kind` is text, spreadsheet or presentation.

    `before` stands ahead of the body, `manifest` at the end of the list of parts.
    """
    namespaces = " ".join(
        f'xmlns:{prefix}="{_ODF}:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("text", "text"),
            ("table", "table"),
            ("draw", "drawing"),
            ("style", "style"),
            ("script", "script"),
            ("svg", "svg-compatible"),
            ("fo", "xsl-fo-compatible"),
        )
    )
    namespaces += f' xmlns:of="{_ODF}:of:1.2"'
    namespaces += (
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events"'
        ' xmlns:ooo="http://openoffice.org/2004/office" '
        'xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0"'
    )
    return package(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": (
                f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.2">'
                '<manifest:file-entry manifest:full-path="/" '
                f'manifest:media-type="application/vnd.oasis.opendocument.{kind}"/>'
                + "".join(
                    f'<manifest:file-entry manifest:full-path="{name}" '
                    'manifest:media-type="text/xml"/>'
                    for name in ("content.xml", "styles.xml", *(extra or {}))
                )
                + f"{manifest}</manifest:manifest>"
            ),
            "content.xml": (
                f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} '
                f'office:version="1.2">{before}<office:body><office:{kind}>{body}</office:{kind}>'
                "</office:body></office:document-content>"
            ),
            "styles.xml": (
                f'<?xml version="1.0" encoding="UTF-8"?><office:document-styles {namespaces} '
                f'office:version="1.2">{styles}</office:document-styles>'
            ),
            **(extra or {}),
        },
        packed=False,
    )


def bomb(size: int) -> bytes:
    """A Word document whose text expands to `size` bytes from a thousandth of them."""
    return docx(text="a" * size)


def epub(
    *chapters: str,
    pictures: Mapping[str, bytes] | None = None,
    extra: Mapping[str, str] | None = None,
) -> bytes:
    """A book of these chapter bodies; `pictures` by path inside the book's folder."""
    names = [f"chapter{index}.xhtml" for index in range(len(chapters))]
    items = "".join(f'<item id="i{n}" href="{name}"/>' for n, name in enumerate(names))
    order = "".join(f'<itemref idref="i{n}"/>' for n in range(len(names)))
    return package(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": (
                '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                '<rootfile full-path="book/all.opf"/></rootfiles></container>'
            ),
            "book/all.opf": (
                '<package xmlns="http://www.idpf.org/2007/opf"><metadata><title>T</title>'
                f"</metadata><manifest>{items}</manifest><spine>{order}</spine></package>"
            ),
            **{
                f"book/{name}": f"<html><head><title>x</title></head><body>{body}</body></html>"
                for name, body in zip(names, chapters, strict=True)
            },
            **{f"book/{name}": body for name, body in (pictures or {}).items()},
            **(extra or {}),
        }
    )
