"""The text of a PDF, page by page, in PDFium's reading order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from mediamill.domain.derivative import Product
from mediamill.domain.document.flat import flat
from mediamill.domain.document.letters import EVERYWHERE, Letters, shown_of
from mediamill.domain.document.open import Document
from mediamill.domain.document.words import Word, words_of
from mediamill.domain.errors import Broken
from mediamill.domain.limits import Limits

SCHEMA_VERSION = 1

_UNREAD_IN_A_ROW = 100


@dataclass(frozen=True, slots=True)
class PageText:
    """One page's text; `width` and `height` in points, as displayed; `words` only if asked for."""

    page: int
    width: float
    height: float
    text: str
    words: Sequence[Word] | None = None


def page_texts(
    document: Document, *, words: bool = False, cropped: bool = True
) -> Iterator[PageText]:
    """The text of each page in turn. A page that cannot be read has none.

    `cropped` leaves out what lies beside the page as it is displayed, such as printers' slugs.
    Ends where a hundred pages in a row cannot be read: then the page count is a lie.
    """
    unread = 0
    for number in range(1, document.page_count + 1):
        width, height = document.page_size(number)
        content, boxes = "", None
        try:
            with (
                flat(document.page(number), number) as page,
                closing(page.get_textpage()) as found,
            ):
                letters = Letters(found, shown_of(page) if cropped else EVERYWHERE)
                content = letters.text
                boxes = list(words_of(page, letters)) if words else None
            unread = 0
        except Broken:
            unread += 1
            if unread > _UNREAD_IN_A_ROW:
                return
        yield PageText(number, round(width, 2), round(height, 2), content, boxes)


def text(
    document: Document, limits: Limits | None = None, *, words: bool = False, cropped: bool = True
) -> tuple[Product, Product]:
    """The document's text as `txt` (UTF-8, form feeds between pages) and as `json`.

    Past `limits.text_bytes` both are cut at the end of a character, and say so. Each page is
    written as it is read: words are ten times as much in memory as they are in the end.
    """
    room = (limits or Limits()).text_bytes
    plain, rows = bytearray(), bytearray()
    page_count, truncated = 0, False
    for page in page_texts(document, words=words, cropped=cropped):
        content, cut = _cut(page.text, room)
        encoded = content.encode()
        room -= len(encoded) + 1
        truncated = truncated or cut
        if page_count:
            plain += b"\f"
            rows += b","
        plain += encoded
        rows += _row(page, content, cut=cut)
        page_count += 1
        if room <= 0:
            break
    truncated = truncated or page_count < document.page_count
    head = {
        "schema_version": SCHEMA_VERSION,
        "page_count": document.page_count,
        "truncated": truncated,
    }
    record = b"".join((_json(head)[:-1], b',"pages":[', rows, b"]}"))
    return (
        Product("text", bytes(plain), "text", truncated=truncated),
        Product("text", record, "json", truncated=truncated),
    )


def _row(page: PageText, content: str, *, cut: bool) -> bytes:
    row: dict[str, object] = {
        "page": page.page,
        "width": page.width,
        "height": page.height,
        "text": content,
    }
    if page.words is not None and not cut:
        row["words"] = [{"text": word.text, "box": word.box} for word in page.words]
    return _json(row)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(content: str, room: int) -> tuple[str, bool]:
    encoded = content.encode()
    if len(encoded) <= room:
        return content, False
    return encoded[: max(room, 0)].decode(errors="ignore"), True
