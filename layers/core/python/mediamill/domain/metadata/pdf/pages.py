"""PDF pages: their count, sizes, fonts, and whether there is text on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from mediamill.domain.facts import FontFacts, PageSize
from mediamill.domain.metadata.pdf.objects import (
    mapping,
    number,
    resolve,
    sequence,
    stream_data,
    walk,
)
from mediamill.domain.metadata.reading.text import clean

# Every page costs a look-up, and where pages are strewn over a large file, a request: so many
# pages, and so many blocks of 64 KB, are read for sizes, and some more for fonts and text.
MOST_WALKED = 500
BLOCKS_FOR_SIZES = 32
BLOCKS_FOR_FONTS = 44
MOST_NODES = 5_000
DEEPEST_NODE = 50
# Fonts and text are looked for on pages spread over the document.
SAMPLED = 12
MOST_FONTS = 200
MOST_FORMS = 20
LETTER = (0.0, 0.0, 612.0, 792.0)  # what readers take where no box is stated

# The operators that show text (ISO 32000-2, table 107), behind a string or an array.
_SHOWS_TEXT = re.compile(rb"[\])>]\s*(?:T[jJ]|['\"])(?=[\s\]/(<\[]|$)")
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")


@dataclass(slots=True)
class Pages:
    """What walking the page tree found; `dictionaries` are the first pages' own."""

    count: int | None = None
    sizes: tuple[PageSize, ...] = ()
    fonts: tuple[FontFacts, ...] = ()
    has_text: bool | None = None
    dictionaries: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """The fields of DocumentFacts."""
        return {
            "page_count": self.count,
            "page_size": self.sizes[0] if self.sizes else None,
            "page_sizes": self.sizes,
            "fonts": self.fonts,
            "fonts_embedded": all(font.embedded for font in self.fonts) if self.fonts else None,
            "has_text_layer": self.has_text,
        }


def read_pages(root: dict[str, Any], touched: Callable[[], int]) -> Pages:
    """Walk the page tree, as far as the bounds go; past them the stated count is taken.

    `touched` tells how many blocks of the file have been read.
    """
    pages = Pages()
    complete = True
    for page in _leaves(root.get("/Pages")):
        pages.dictionaries.append(page)
        if len(pages.dictionaries) == MOST_WALKED or touched() > BLOCKS_FOR_SIZES:
            complete = False
            break
    stated = number(walk(root, "/Pages", "/Count"))
    found = len(pages.dictionaries)
    pages.count = found if complete or stated is None else max(found, int(stated))
    pages.sizes = tuple(_sizes(pages.dictionaries))
    sample = pages.dictionaries[:: max(1, -(-found // SAMPLED))]
    affordable = takewhile(lambda _: touched() <= BLOCKS_FOR_FONTS, sample)
    for page in affordable:
        pages.has_text = bool(pages.has_text) or _shows_text(page)
    pages.fonts = tuple(_fonts(takewhile(lambda _: touched() <= BLOCKS_FOR_FONTS, sample)))
    return pages


def _leaves(tree: Any) -> Iterator[dict[str, Any]]:
    """Pages in order, with what they inherit; each node once."""
    seen: set[int] = set()
    pending: list[tuple[Any, dict[str, Any], int]] = [(tree, {}, 0)]
    while pending and len(seen) < MOST_NODES:
        reference, inherited, depth = pending.pop()
        node = mapping(reference)
        if not node or id(node) in seen or depth > DEEPEST_NODE:
            continue
        seen.add(id(node))
        inherited = {**inherited, **{name: node[name] for name in _INHERITED if name in node}}
        if "/Kids" in node:
            kids = sequence(node["/Kids"])[:MOST_NODES]
            pending += [(kid, inherited, depth + 1) for kid in reversed(kids)]
        else:
            yield {**node, **inherited}


def _sizes(pages: list[dict[str, Any]]) -> Iterator[PageSize]:
    """Runs of pages of one size."""
    run: PageSize | None = None
    for index, page in enumerate(pages, 1):
        width, height, rotation = _size(page)
        if run and (run.width, run.height, run.rotation) == (width, height, rotation):
            run = PageSize(width, height, rotation, run.first, index)
            continue
        if run:
            yield run
        run = PageSize(width, height, rotation, index, index)
    if run:
        yield run


def _size(page: dict[str, Any]) -> tuple[float, float, int]:
    """Width and height in points as displayed: the crop box within the media box, turned."""
    media = _box(page.get("/MediaBox")) or LETTER
    crop = _box(page.get("/CropBox")) or media
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if right <= left or top <= bottom:
        left, bottom, right, top = media
    unit = number(page.get("/UserUnit")) or 1.0
    rotation = int(number(page.get("/Rotate")) or 0) % 360 // 90 * 90
    width, height = round((right - left) * unit, 2), round((top - bottom) * unit, 2)
    return (height, width, rotation) if rotation in (90, 270) else (width, height, rotation)


def _box(value: Any) -> tuple[float, float, float, float] | None:
    corners = [number(corner) for corner in sequence(value)[:4]]
    if len(corners) != 4:
        return None
    x0, y0, x1, y1 = (corner or 0.0 for corner in corners)
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    return box if box[2] > box[0] and box[3] > box[1] else None


def _fonts(pages: Iterable[dict[str, Any]]) -> Iterator[FontFacts]:
    seen: set[FontFacts] = set()
    for page in pages:
        for reference in list(mapping(walk(page, "/Resources", "/Font")).values())[:MOST_FONTS]:
            font = _font(mapping(reference))
            if font and font not in seen and len(seen) < MOST_FONTS:
                seen.add(font)
                yield font


def _font(font: dict[str, Any]) -> FontFacts | None:
    kind = str(font.get("/Subtype", "")).removeprefix("/")
    name = str(resolve(font.get("/BaseFont")) or "").removeprefix("/")
    name = clean(re.sub(r"^[A-Z]{6}\+", "", name), 200) or ("(drawn)" if kind == "Type3" else "")
    if not name:
        return None
    if kind == "Type0":
        below = sequence(font.get("/DescendantFonts"))
        font = mapping(below[0]) if below else {}
        kind = str(font.get("/Subtype", "")).removeprefix("/") or kind
    descriptor = mapping(font.get("/FontDescriptor"))
    embedded = kind == "Type3" or any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
    return FontFacts(name=name, type=clean(kind, 40), embedded=embedded)


def _shows_text(page: dict[str, Any]) -> bool:
    """Whether a page's content, or a form that it may draw, has an operator that shows text."""
    contents = resolve(page.get("/Contents"))
    parts = sequence(contents) or ([contents] if contents is not None else [])
    if any(_SHOWS_TEXT.search(stream_data(part)) for part in parts[:50]):
        return True
    objects = list(mapping(walk(page, "/Resources", "/XObject")).values())[:MOST_FORMS]
    return any(
        mapping(form).get("/Subtype") == "/Form" and _SHOWS_TEXT.search(stream_data(form))
        for form in objects
    )
