"""Documents that are neither a ZIP nor a compound file: told by what they begin with."""

from __future__ import annotations

import codecs
import re

from mediamill.domain.errors import PasswordRequired
from mediamill.domain.office.formats import (
    EXCEL_2003,
    FODG,
    FODP,
    FODS,
    FODT,
    HTML,
    MHTML,
    OTHERS,
    RTF,
    WORD_2003,
    XLS_4,
    Format,
)
from mediamill.domain.other_offices import begins_like, is_locked

# Word and Excel's "web pages" and what web applications send as .xls may begin anywhere in HTML.
_MARKUP = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|(?:html|head|body|table|meta|style|title|div|center|font|h1|p)[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_FLAT = re.compile(rb"office:mimetype\s*=\s*[\"']application/vnd\.oasis\.opendocument\.(\w+)")
_FLAT_FORMATS = {b"text": FODT, b"spreadsheet": FODS, b"presentation": FODP, b"graphics": FODG}
_IN_XML = {
    b"http://schemas.microsoft.com/office/word/2003/wordml": WORD_2003,
    b"urn:schemas-microsoft-com:office:spreadsheet": EXCEL_2003,
}
# The first record of a workbook of Excel 2, 3 and 4, which is nothing but records.
_WORKBOOKS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
# RFC 2557: a page and its pictures as parts of one mail.
_MAIL = re.compile(rb"\A(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?mime-version:", re.IGNORECASE)

_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = bytes(set(range(0x20)) - set(b"\t\n\r\f\x1b"))


def recognise(head: bytes) -> Format | None:
    """Which format begins like this; None where text and noise may. Raises PasswordRequired."""
    if other := begins_like(head):
        if is_locked(head):
            raise PasswordRequired("The document is encrypted with a password.")
        return OTHERS[other]
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return RTF
    if head.startswith(_WORKBOOKS):
        return XLS_4
    if (flat := _FLAT.search(head)) and flat[1] in _FLAT_FORMATS:
        return _FLAT_FORMATS[flat[1]]
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        for namespace, format_ in _IN_XML.items():
            if namespace in head:
                return format_
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        return HTML
    return MHTML if _MAIL.match(head) else None


def is_text(head: bytes) -> bool:
    """Whether this could be text, in whatever encoding: it has no control codes."""
    return head.startswith(_MARKS) or not any(code in head for code in _NO_TEXT)
