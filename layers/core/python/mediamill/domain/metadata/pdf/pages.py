"""PDF pages: their count, sizes, fonts, and whether there is text on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeVar

from mediamill.domain.facts import FontFacts, PageSize
from mediamill.domain.metadata.pdf.objects import (
    mapping,
    number,
    resolve,
    sequence,
    stream_data,
    walk,
)
from mediamill.domain.metadata.reading.guard import OutOfBounds
from mediamill.domain.metadata.reading.text import clean

Found = TypeVar("Found")

# Every page costs a look-up, and where pages are strewn over a large file, a request: so many
# pages, and so many jumps through the file, are made for sizes, and some more for fonts and text.
MOST_WALKED = 500
JUMPS_FOR_SIZES = 9
JUMPS_FOR_FONTS = 13
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
    broken: bool = False

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


def read_pages(root: dict[str, Any], jumps: Callable[[], int]) -> Pages:
    """Walk the page tree, as far as the bounds go; past them the stated count is taken.

    `jumps` tells how often the file was read somewhere else. What one page breaks costs none of
    the others, and is noted.
    """
    pages = Pages()
    complete = True
    for page in _leaves(root.get("/Pages"), pages):
        pages.dictionaries.append(page)
        if len(pages.dictionaries) == MOST_WALKED or jumps() > JUMPS_FOR_SIZES:
            complete = False
            break
    stated = _sound(pages, _stated_count, root)
    found = len(pages.dictionaries)
    complete = complete and not pages.broken
    pages.count = found if complete or stated is None else max(found, int(stated))
    pages.sizes = tuple(_sizes(pages.dictionaries, pages))
    sample = pages.dictionaries[:: max(1, -(-found // SAMPLED))]
    for page in takewhile(lambda _: jumps() <= JUMPS_FOR_FONTS, sample):
        shown = _sound(pages, _shows_text, page)
        if shown is not None:
            pages.has_text = pages.has_text or shown
    affordable = takewhile(lambda _: jumps() <= JUMPS_FOR_FONTS, sample)
    pages.fonts = tuple(_fonts(affordable, pages))
    return pages


def _sound(pages: Pages, look: Callable[[Any], Found], at: Any) -> Found | None:
    """What `look` finds there; None, and `broken`, where a page's objects are at fault."""
    try:
        return look(at)
    except OutOfBounds:
        raise
    except Exception:  # pypdf raises whatever a broken object leads its code to
        pages.broken = True
        return None


def _leaves(tree: Any, pages: Pages) -> Iterator[dict[str, Any]]:
    """Pages in order, with what they inherit; each node once."""
    seen: set[int] = set()
    pending: list[tuple[Any, dict[str, Any], int]] = [(tree, {}, 0)]
    while pending and len(seen) < MOST_NODES:
        reference, inherited, depth = pending.pop()
        node = _sound(pages, mapping, reference)
        if not node or id(node) in seen or depth > DEEPEST_NODE:
            continue
        seen.add(id(node))
        inherited = {**inherited, **{name: node[name] for name in _INHERITED if name in node}}
        if "/Kids" in node:
            kids = _sound(pages, sequence, node["/Kids"]) or []
            pending += [(kid, inherited, depth + 1) for kid in reversed(kids[:MOST_NODES])]
        else:
            yield {**node, **inherited}


def _sizes(dictionaries: list[dict[str, Any]], pages: Pages) -> Iterator[PageSize]:
    """Runs of pages of one size."""
    run: PageSize | None = None
    for index, page in enumerate(dictionaries, 1):
        size = _sound(pages, _size, page)
        width, height, rotation = size or (LETTER[2], LETTER[3], 0)
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


def _fonts(sample: Iterable[dict[str, Any]], pages: Pages) -> Iterator[FontFacts]:
    seen: set[FontFacts] = set()
    for page in sample:
        for reference in _sound(pages, _named_fonts, page) or []:
            font = _sound(pages, _font, reference)
            if font and font not in seen and len(seen) < MOST_FONTS:
                seen.add(font)
                yield font


def _stated_count(root: dict[str, Any]) -> float | None:
    return number(walk(root, "/Pages", "/Count"))


def _named_fonts(page: dict[str, Any]) -> list[Any]:
    return list(mapping(walk(page, "/Resources", "/Font")).values())[:MOST_FONTS]


def _font(reference: Any) -> FontFacts | None:
    font = mapping(reference)
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
