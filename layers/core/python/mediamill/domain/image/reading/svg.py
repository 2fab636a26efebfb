"""SVG: drawn by resvg from markup that reaches no file and no network, in a process of its own.

The markup is parsed and written again without scripts, foreign content and references that leave
the document. What is left can still be made to cost (nested `use`, filters), so the drawing runs
in a child process with limits on time and memory: the one thing that ends native code.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from PIL import Image

from mediamill.domain import fonts
from mediamill.domain.bounded import Crashed, answer_of
from mediamill.domain.errors import Broken, TimedOut, Unprocessable
from mediamill.domain.image.reading import header
from mediamill.domain.image.reading.containers import detect
from mediamill.domain.image.reading.header import BROKEN_IMAGE
from mediamill.domain.image.reading.typefaces import styled, with_generic
from mediamill.domain.limits import Limits
from mediamill.domain.signatures import GZIP

_LARGEST_MARKUP = 20_000_000  # bytes, unpacked
_DEEPEST = 256
_MOST_ELEMENTS = 200_000  # with every `use` counted as what it repeats

_SECONDS = 8
_MEMORY = 1_000_000_000  # bytes of address space

_SVG = "{http://www.w3.org/2000/svg}"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_DROPPED = {"script", "foreignObject", "audio", "video", "iframe"}

# CSS pixels per unit (CSS Values and Units 4, 6.2); em and ex of the default font size.
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
_UNITS |= {"em": 16, "ex": 8}
_LENGTH = re.compile(r"\s*\+?([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_DEFAULT_SIZE = (300.0, 150.0)  # CSS 2.1, 10.3.2: a replaced element that says nothing

_CHILD = """
import json, resource, sys
sys.path[:] = json.loads(sys.argv[1])
import resvg_py
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[4]), int(sys.argv[4])))
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[5]), int(sys.argv[5])))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
markup = sys.stdin.buffer.read().decode()
width, height = int(sys.argv[2]), int(sys.argv[3])
fonts = json.loads(sys.argv[6]) if "text" in markup else {}
body = resvg_py.svg_to_bytes(
    svg_string=markup, width=width, height=height, skip_system_fonts=True, **fonts
)
sys.stdout.buffer.write(bytes(body))
"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Markup that is safe to draw, and its natural size in CSS pixels."""

    markup: bytes
    width: int
    height: int


def read(original: bytes, limits: Limits) -> Drawing:
    """Parses and cleans an SVG or SVGZ. Raises Broken for what is no SVG or too deep to be one."""
    try:
        root = ElementTree.fromstring(_unpacked(original))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Broken("The SVG is not well-formed.", code=BROKEN_IMAGE) from error
    if root.tag == "svg":  # without its namespace: no renderer draws it, all browsers guess
        for element in root.iter():
            if isinstance(element.tag, str) and "}" not in element.tag:
                element.tag = _SVG + element.tag
    if root.tag != _SVG + "svg":
        raise Broken("The XML is no SVG.", code=BROKEN_IMAGE)
    _clean(root, limits)
    _check_repetition(root)
    width, height = _natural_size(root)
    root.attrib.update(width=f"{width:g}", height=f"{height:g}")
    return Drawing(
        markup=ElementTree.tostring(root, encoding="utf-8"),
        width=max(1, round(width)),
        height=max(1, round(height)),
    )


def draw(drawing: Drawing, width: int, height: int) -> Image.Image:
    """The drawing as an RGBA raster of the given size.

    Raises TimedOut past eight seconds, Broken where the renderer gives up or dies.
    """
    numbers = (width, height, _SECONDS, _MEMORY)
    command = [sys.executable, "-I", "-c", _CHILD, json.dumps(sys.path), *map(str, numbers)]
    command.append(json.dumps(_fonts()))
    try:
        drawn = answer_of(command, drawing.markup, _SECONDS)
    except TimedOut as error:
        raise TimedOut("The SVG takes too long to draw.") from error
    except Crashed as error:
        raise Broken("The SVG cannot be drawn.", code=BROKEN_IMAGE) from error
    return Image.open(io.BytesIO(drawn), formats=["PNG"]).convert("RGBA")


def _fonts() -> Mapping[str, str | list[str]]:
    """Where the renderer finds fonts, and which it takes where none is named, as arguments."""
    sans, serif, mono = (fonts.GENERIC[name] for name in ("sans-serif", "serif", "monospace"))
    return {
        "font_dirs": [str(folder) for folder in fonts.folders()],
        "font_family": sans,
        "sans_serif_family": sans,
        "cursive_family": sans,
        "fantasy_family": sans,
        "serif_family": serif,
        "monospace_family": mono,
    }


def _unpacked(original: bytes) -> bytes:
    if not original.startswith(GZIP):
        markup = original
    else:
        try:
            markup = zlib.decompressobj(wbits=31).decompress(original, _LARGEST_MARKUP + 1)
        except zlib.error as error:
            raise Broken("The compressed SVG is damaged.", code=BROKEN_IMAGE) from error
    if len(markup) > _LARGEST_MARKUP:
        raise Broken(f"The SVG has more than {_LARGEST_MARKUP:,} bytes.", code=BROKEN_IMAGE)
    return markup


def _clean(root: ElementTree.Element, limits: Limits) -> None:
    """Removes what runs, what leaves the document, and pictures past the limits.

    Fonts that are named get one of ours to stand in.
    """
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        if depth > _DEEPEST:
            raise Broken("The SVG is nested too deep.", code=BROKEN_IMAGE)
        for child in list(element):
            if not isinstance(child.tag, str) or _local(child) in _DROPPED:
                element.remove(child)
            else:
                waiting.append((child, depth + 1))
        for name in _HREFS:
            if name in element.attrib and not _stays_inside(element.attrib[name], limits):
                del element.attrib[name]
        if "font-family" in element.attrib:
            element.attrib["font-family"] = with_generic(element.attrib["font-family"])
        if "style" in element.attrib:
            element.attrib["style"] = styled(element.attrib["style"])
        if _local(element) == "style":
            element.text = styled(element.text or "")


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _stays_inside(reference: str, limits: Limits) -> bool:
    """A fragment, or an embedded raster picture whose header is within the limits."""
    reference = reference.strip()
    if reference.startswith("#"):
        return True
    head, _, payload = reference.partition(",")
    if not head.startswith("data:image/") or "svg" in head or not head.endswith(";base64"):
        return False
    try:
        picture = base64.b64decode(payload)
        container = detect(picture)
        announced = header.read(picture, container) if container else None
        if announced is not None:
            header.check(announced, limits)
        return True  # others are bounded by the child's memory
    except (Unprocessable, binascii.Error):
        return False


def _check_repetition(root: ElementTree.Element) -> None:
    """Refuses markup that `use` multiplies past reason, or that refers to itself."""
    targets = {element.get("id"): element for element in root.iter() if element.get("id")}
    costs: dict[ElementTree.Element, int] = {}
    open_: set[ElementTree.Element] = set()

    def cost(element: ElementTree.Element) -> int:
        if element in costs:
            return costs[element]
        if element in open_:
            return 0  # a circle: renderers skip it
        open_.add(element)
        total = 1 + sum(cost(child) for child in element)
        if _local(element) == "use":
            for name in _HREFS:
                target = targets.get(element.get(name, "").lstrip("#"))
                if target is not None:
                    total += cost(target)
        open_.discard(element)
        costs[element] = total
        return total

    try:
        total = cost(root)
    except RecursionError:
        total = _MOST_ELEMENTS + 1
    if total > _MOST_ELEMENTS:
        raise Broken("The SVG repeats itself too often.", code=BROKEN_IMAGE)


def _natural_size(root: ElementTree.Element) -> tuple[float, float]:
    """CSS pixels: from width and height, else the view box, else CSS's default."""
    box = _view_box(root)
    width, height = _length(root.get("width")), _length(root.get("height"))
    if width and height:
        return width, height
    if box is None:
        return width or _DEFAULT_SIZE[0], height or _DEFAULT_SIZE[1]
    ratio = box[0] / box[1]
    if width:
        return width, width / ratio
    if height:
        return height * ratio, height
    return box


def _view_box(root: ElementTree.Element) -> tuple[float, float] | None:
    try:
        _, _, width, height = (
            float(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip())
        )
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e9 and 0 < height < 1e9 else None


def _length(text: str | None) -> float | None:
    """CSS pixels, None for percentages, nonsense and nothing."""
    match = _LENGTH.fullmatch(text or "")
    if match is None or match[2].lower() not in _UNITS:
        return None
    length = float(match[1]) * _UNITS[match[2].lower()]
    return length if 0 < length < 1e9 else None
