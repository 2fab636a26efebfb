"""Making: all that a PDF becomes, in the order in which a reader wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    pictures, the text and the words' boxes in its JSON. `clean` asks for the cleaned PDF, `excerpt`
    for one of these pages alone (and wins), `split` for each page as a PDF of its own.
    """

    profiles: Sequence[Profile] = ()
    pages: bool = True
    text: bool = True
    words: bool = False
    clean: bool = False
    split: bool = False
    excerpt: PageRange | None = None
    dpi: float = DPI
    format: Format = Format.WEBP
    quality: int | None = None
    effort: Effort = Effort.BALANCED
    limits: Limits = field(default_factory=Limits)


def wanted_of(
    extras: Mapping[str, str],
    profiles: Sequence[Profile],
    limits: Limits,
    *,
    is_original: bool = True,
) -> Wanted:
    """What the settings ask for. `extras` are `words`, `clean`, `split` and `pages=3-7`.

    A PDF that another worker made is clean, and has the clean copy's name: it gets no copy.
    """
    excerpt = PageRange.parse(extras["pages"]) if extras.get("pages") and is_original else None
    return Wanted(
        profiles=profiles,
        words="words" in extras,
        clean="clean" in extras and is_original,
        split="split" in extras,
        excerpt=excerpt,
        limits=limits,
    )


def make(source: Path | bytes, wanted: Wanted) -> Iterator[Product]:
    """The derivatives of the PDF at a path or in memory, one at a time.

    Renditions come first, then text, PDFs and page pictures. Raises PasswordRequired,
    Unsupported or Broken.
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
        yield from make_pdfs(source, wanted)
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


def make_pdfs(source: Path | bytes, wanted: Wanted) -> Iterator[Product]:
    """The PDFs that were asked for."""
    if not (wanted.clean or wanted.split or wanted.excerpt):
        return
    from mediamill.domain.document.clean import clean, page_range, single_pages

    if wanted.excerpt is not None:
        yield page_range(source, wanted.excerpt)
    elif wanted.clean:
        yield clean(source)
    if wanted.split:
        yield from single_pages(source, wanted.limits)


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
