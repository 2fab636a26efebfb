"""Making: all that a PDF becomes, in the order in which a reader wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from mediamill.domain.derivative import Product
from mediamill.domain.document.album import bind, is_album
from mediamill.domain.document.embedded import embedded
from mediamill.domain.document.encode import WEBP, Encoding, encodings_of
from mediamill.domain.document.open import Document, open_document
from mediamill.domain.document.pages import first_page, pages
from mediamill.domain.document.parts import (
    PAGES_PER_RANGE,
    PageRange,
    Part,
    Whole,
    page_ranges,
)
from mediamill.domain.document.text import text
from mediamill.domain.errors import PasswordRequired
from mediamill.domain.image import render_raster
from mediamill.domain.limits import Limits
from mediamill.domain.page_size import AT_150_DPI, PageSize
from mediamill.domain.profile import Profile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known once the document is open: how many pages it has."""

    page_count: int

    def facts(self, wanted: Wanted) -> dict[str, Any]:
        """The document step's share of the manifest; it warns of pages without a picture."""
        facts: dict[str, Any] = {"document": {"page_count": self.page_count}}
        if wanted.pages and self.page_count > wanted.limits.pages:
            message = (
                f"The document has {self.page_count:,} pages; "
                f"the first {wanted.limits.pages:,} were made into pictures."
            )
            facts["warnings"] = [{"code": "truncated", "message": message}]
        return facts


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make of a document.

    `profiles` are the renditions of the first page. `pages` asks for the page pictures, as large as
    `page_size` says, in each of `encodings`. `text` asks for the text and `words` for the words'
    boxes in its JSON; `cropped` leaves out text that lies beside the page as it is displayed.
    `clean` asks for the cleaned PDF, `excerpt` for one of these pages alone (and wins), `split` for
    each page as a PDF of its own, `pictures` for those that are inside. `password` opens the
    document if it is locked.
    """

    profiles: Sequence[Profile] = ()
    pages: bool = True
    text: bool = True
    words: bool = False
    cropped: bool = True
    clean: bool = False
    split: bool = False
    pictures: bool = False
    excerpt: PageRange | None = None
    page_size: PageSize = AT_150_DPI
    encodings: Sequence[Encoding] = (WEBP,)
    limits: Limits = field(default_factory=Limits)
    password: str = field(default="", repr=False)  # which nothing stores, and no log shows


def wanted_of(
    extras: Mapping[str, str],
    profiles: Sequence[Profile],
    limits: Limits,
    *,
    page_size: PageSize = AT_150_DPI,
    is_original: bool = True,
    password: str = "",
) -> Wanted:
    """What the settings ask for. `extras` are `words`, `uncropped`, `clean`, `split`, `pictures`,
    `pages=3-7`.

    A PDF that another worker made is clean, and has the clean copy's name: it gets no copy.
    """
    excerpt = PageRange.parse(extras["pages"]) if extras.get("pages") and is_original else None
    return Wanted(
        profiles=profiles,
        page_size=page_size,
        encodings=encodings_of(profiles),
        words="words" in extras,
        cropped="uncropped" not in extras,
        clean="clean" in extras and is_original,
        split="split" in extras,
        pictures="pictures" in extras,
        excerpt=excerpt,
        limits=limits,
        password=password,
    )


def make(source: Path | bytes, wanted: Wanted) -> Iterator[Product]:
    """The derivatives of the PDF at a path, or of that or an archive of pictures in memory.

    Renditions come first, then text, PDFs, pictures and pages. Raises PasswordRequired,
    Unsupported or Broken.
    """
    for made in begin(source, wanted, pages_at_once=wanted.limits.pages):
        if isinstance(made, Product):
            yield made


def begin(
    source: Path | bytes, wanted: Wanted, pages_at_once: int = PAGES_PER_RANGE
) -> Iterator[Opened | Product | Part]:
    """As `make`, but of a document with more pages than that only the renditions, and then parts.

    First of all comes what is known of it. Each part is for `make_part`, by whoever is free.
    """
    source, wanted, bound = _bound(source, wanted)
    with open_document(source, wanted.password) as document:
        yield Opened(document.page_count)
        yield from bound
        if wanted.profiles:
            first = first_page(document, wanted.profiles, wanted.limits)
            yield from render_raster(first, wanted.profiles)
        count = min(document.page_count, wanted.limits.pages)
        for part in _parts(wanted, count, pages_at_once):
            if count > pages_at_once:
                yield part
            else:
                yield from _make_part(document, source, wanted, part)


def _bound(source: Path | bytes, wanted: Wanted) -> tuple[Path | bytes, Wanted, Sequence[Product]]:
    """An archive of pictures as a PDF, which is a product too, and has the clean copy's name."""
    if isinstance(source, Path) or not is_album(source):
        return source, wanted, ()
    body = bind(source, wanted.limits)
    return body, replace(wanted, clean=False, excerpt=None), (Product("pdf", body, "pdf"),)


def unlocked(
    wanted: Wanted, ask: Callable[[], str | None], work: Callable[[Wanted], Iterator[T]]
) -> Iterator[T]:
    """What `work` makes; of a locked document with the password that `ask` knows.

    It is asked only then. Raises what `work` raises.
    """
    try:
        yield from work(wanted)
    except PasswordRequired:
        password = ask()
        if not password:
            raise
        yield from work(replace(wanted, password=password))


def make_part(source: Path | bytes, wanted: Wanted, part: Part) -> Iterator[Product]:
    """The products of one part of a long document."""
    source, wanted, _ = _bound(source, wanted)
    with open_document(source, wanted.password) as document:
        yield from _make_part(document, source, wanted, part)


def _parts(wanted: Wanted, page_count: int, pages_at_once: int) -> Iterator[Part]:
    """All but the renditions; what cannot be divided comes first, as it takes longest."""
    if wanted.text:
        yield Whole.TEXT
    if wanted.clean or wanted.split or wanted.excerpt:
        yield Whole.PDFS
    if wanted.pictures:
        yield Whole.PICTURES
    if wanted.pages and page_count > 0:
        yield from page_ranges(page_count, pages_at_once)


def _make_part(
    document: Document, source: Path | bytes, wanted: Wanted, part: Part
) -> Iterator[Product]:
    if part is Whole.TEXT:
        return iter(text(document, wanted.limits, words=wanted.words, cropped=wanted.cropped))
    if part is Whole.PDFS:
        return _pdfs(document, source, wanted)
    if part is Whole.PICTURES:
        return embedded(document, wanted.limits)
    return _pages(document, wanted, part)


def _pdfs(document: Document, source: Path | bytes, wanted: Wanted) -> Iterator[Product]:
    from mediamill.domain.document.faithful import Rewriter

    body = source.read_bytes() if isinstance(source, Path) else source
    with closing(Rewriter(document, body, wanted.password)) as rewriter:
        if wanted.excerpt is not None:
            yield Product("pdf", rewriter.pages(wanted.excerpt), "pdf")
        elif wanted.clean:
            yield Product("pdf", rewriter.whole(), "pdf")
        if wanted.split:
            most = min(document.page_count, wanted.limits.pages)
            for number in range(1, most + 1):
                single = rewriter.pages(PageRange(number, number))
                cut = number == most < document.page_count
                yield Product("pages", single, "pdf", page=number, truncated=cut)


def _pages(document: Document, wanted: Wanted, part: PageRange) -> Iterator[Product]:
    return pages(
        document,
        part.first,
        part.last,
        page_size=wanted.page_size,
        encodings=wanted.encodings,
        limits=wanted.limits,
    )
