"""PDFs written by hand, object by object, for what no PDF writer would write; and locked ones."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence


def pdf(objects: Mapping[int, bytes], *, root: int = 1, trailer: bytes = b"") -> bytes:
    """A PDF of these numbered objects with a right cross-reference table."""
    body = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, content in objects.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(body)
    size = max(objects) + 1
    body += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        if number in offsets:
            body += b"%010d 00000 n \n" % offsets[number]
        else:
            body += b"0000000000 65535 f \n"
    body += b"trailer\n<</Size %d/Root %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        root,
        trailer,
        start,
    )
    return bytes(body)


def stream(content: bytes, entries: bytes = b"", *, deflated: bool = False) -> bytes:
    """A stream object's body."""
    if deflated:
        content, entries = zlib.compress(content, 9), entries + b"/Filter/FlateDecode"
    return b"<</Length %d%b>>stream\n%b\nendstream" % (len(content), entries, content)


def document(
    pages: Sequence[bytes],
    *,
    box: bytes = b"[0 0 200 100]",
    page_entries: bytes = b"",
    catalog_entries: bytes = b"",
    more: Mapping[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """A PDF whose pages have these content streams and Helvetica as /F.

    Objects of `more` take numbers below 1,000; pages begin at 1,000.
    """
    objects: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog_entries,
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        **(more or {}),
    }
    kids = []
    for index, content in enumerate(pages):
        page = 1000 + 2 * index
        kids.append(b"%d 0 R" % page)
        objects[page] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox%b/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>>>%b>>" % (box, page + 1, page_entries)
        )
        objects[page + 1] = stream(content)
    objects[2] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(kids))
    return pdf(dict(sorted(objects.items())), trailer=trailer)


def line(words: str, *, x: int = 20, y: int = 40, size: int = 12) -> bytes:
    """A content stream that shows one line of text."""
    return b"BT /F %d Tf %d %d Td (%b) Tj ET" % (size, x, y, words.encode("cp1252"))


def locked(user: str, owner: str = "owner", *, algorithm: str = "AES-256") -> bytes:
    """A page that says `secret`, behind a user's password, which may be empty, and an owner's."""
    from pypdf import PdfReader, PdfWriter  # not where only hand-written ones are wanted

    writer = PdfWriter(PdfReader(io.BytesIO(document([line("secret")]))))
    writer.encrypt(user, owner, algorithm=algorithm)
    body = io.BytesIO()
    writer.write(body)
    return body.getvalue()
