"""The text of a PDF, page by page, in PDFium's reading order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from mediamill.domain.derivative import Product
from mediamill.domain.document.flat import flat
from mediamill.domain.document.letters import letters
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


def page_texts(document: Document, *, words: bool = False) -> Iterator[PageText]:
    """The text of each page in turn. A page that cannot be read has none.

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
                content = letters(found)
                boxes = words_of(page, found) if words else None
            unread = 0
        except Broken:
            unread += 1
            if unread > _UNREAD_IN_A_ROW:
                return
        yield PageText(number, round(width, 2), round(height, 2), content, boxes)


def text(
    document: Document, limits: Limits | None = None, *, words: bool = False
) -> tuple[Product, Product]:
    """The document's text as `txt` (UTF-8, form feeds between pages) and as `json`.

    Past `limits.text_bytes` both are cut at the end of a character, and say so.
    """
    room = (limits or Limits()).text_bytes
    plain: list[str] = []
    rows: list[dict[str, object]] = []
    truncated = False
    for page in page_texts(document, words=words):
        content, cut = _cut(page.text, room)
        room -= len(content.encode()) + 1
        truncated = truncated or cut
        plain.append(content)
        row: dict[str, object] = {
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "text": content,
        }
        if page.words is not None and not cut:
            row["words"] = [{"text": word.text, "box": word.box} for word in page.words]
        rows.append(row)
        if room <= 0:
            break
    truncated = truncated or len(rows) < document.page_count
    record = {
        "schema_version": SCHEMA_VERSION,
        "page_count": document.page_count,
        "truncated": truncated,
        "pages": rows,
    }
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return (
        Product("text", "\f".join(plain).encode(), "text", truncated=truncated),
        Product("text", body, "json", truncated=truncated),
    )


def _cut(content: str, room: int) -> tuple[str, bool]:
    encoded = content.encode()
    if len(encoded) <= room:
        return content, False
    return encoded[: max(room, 0)].decode(errors="ignore"), True
