"""Making: all that a PDF becomes, in the order in which a reader wants it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mediamill.domain.derivative import Product
from mediamill.domain.document.open import Document, open_document
from mediamill.domain.document.pages import DPI, first_page, pages
from mediamill.domain.document.ranges import PAGES_PER_RANGE, PageRange, page_ranges
from mediamill.domain.document.text import text
from mediamill.domain.image import render_raster
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Effort, Format, Profile


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make of a document.

    `profiles` are the renditions of the first page; `pages`, `text` and `words` ask for the page
    pictures, the text and the words' boxes in its JSON.
    """

    profiles: Sequence[Profile] = ()
    pages: bool = True
    text: bool = True
    words: bool = False
    dpi: float = DPI
    format: Format = Format.WEBP
    quality: int | None = None
    effort: Effort = Effort.BALANCED
    limits: Limits = field(default_factory=Limits)


def make(source: Path | bytes, wanted: Wanted) -> Iterator[Product]:
    """The derivatives of the PDF at a path or in memory, one at a time.

    Renditions come first, then text and page pictures. Raises PasswordRequired, Unsupported or
    Broken.
    """
    for made in begin(source, wanted, pages_at_once=wanted.limits.pages):
        if isinstance(made, Product):
            yield made


def begin(
    source: Path | bytes, wanted: Wanted, pages_at_once: int = PAGES_PER_RANGE
) -> Iterator[Product | PageRange]:
    """As `make`, but of a document with more pages than that, ranges in place of their pictures.

    Each range is for `make_range`, by whoever is free.
    """
    with open_document(source) as document:
        yield from make_front(document, wanted)
        count = min(document.page_count, wanted.limits.pages)
        if not wanted.pages or count < 1:
            return
        if count > pages_at_once:
            yield from page_ranges(count, pages_at_once)
        else:
            yield from _pages(document, wanted, PageRange(1, count))


def make_range(source: Path | bytes, wanted: Wanted, part: PageRange) -> Iterator[Product]:
    """The page pictures of one range."""
    with open_document(source) as document:
        yield from _pages(document, wanted, part)


def make_front(document: Document, wanted: Wanted) -> Iterator[Product]:
    """The renditions of the first page, and the text."""
    if wanted.profiles:
        yield from render_raster(
            first_page(document, wanted.profiles, wanted.limits), wanted.profiles
        )
    if wanted.text:
        yield from text(document, wanted.limits, words=wanted.words)


def _pages(document: Document, wanted: Wanted, part: PageRange) -> Iterator[Product]:
    return pages(
        document,
        part.first,
        part.last,
        dpi=wanted.dpi,
        format=wanted.format,
        quality=wanted.quality,
        effort=wanted.effort,
        limits=wanted.limits,
    )
