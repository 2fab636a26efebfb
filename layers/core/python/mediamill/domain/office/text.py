"""Plain text, Markdown and HTML, made into what LibreOffice reads well."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Callable
from functools import cache

import nh3

from mediamill.domain.office import pictures

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A page that could be read for its declaration is in none of the first (HTML, 13.2.3.3); the others
# are no character sets, but Python's.
_NEVER_DECLARED = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7"}
_NEVER_DECLARED |= {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"}
_SAMPLE = 65_536  # bytes that an encoding is guessed from
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DECLARED = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w:.-]+)""", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)


def decode(original: bytes, *, declared: str | None = None) -> str:
    """The text, in whatever encoding it is: a mark, then what it declares, UTF-8, or a guess."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if original.startswith(mark):
            return original.decode(encoding, "replace")
    for candidate in (declared or "utf-8", "utf-8"):
        try:
            if codecs.lookup(candidate).name not in _NEVER_DECLARED:
                return original.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    # Imported here: most text is UTF-8, and the tables take 40 ms.
    from charset_normalizer import from_bytes

    guess = from_bytes(original[:_SAMPLE]).best()
    return original.decode(guess.encoding if guess else "cp1252", "replace")


def plain(original: bytes, *, limit: int) -> tuple[str, bool]:
    """Text with one kind of line end and no control characters; whether it was cut at `limit`."""
    text = decode(original).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub("", text)
    return text[:limit], len(text) > limit


def markdown_as_html(original: bytes, *, limit: int) -> tuple[str, bool]:
    """Markdown rendered: CommonMark, with GitHub's tables and strike-through."""
    from markdown_it import MarkdownIt

    text, cut = plain(original, limit=limit)
    text = _FRONT_MATTER.sub("", text)
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    body = renderer.render(text)
    body = body.replace("<table>", '<table border="1" cellspacing="0" cellpadding="4">')
    return page(clean(body)), cut


def clean_html(original: bytes, *, limit: int) -> tuple[str, bool]:
    """An HTML page without what acts or fetches; styles stay."""
    found = _DECLARED.search(original[:4096])
    declared = found[1].decode("ascii", "replace") if found else None
    text = decode(original, declared=declared)
    return page(clean(text[:limit])), len(text) > limit


def page(body: str, title: str = "") -> str:
    """A whole HTML page around a clean body."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body>{body}</body></html>"
    )


_STYLED = {"style", "align", "valign", "dir", "lang", "title", "width", "height", "bgcolor"}
_STYLED |= {"color", "face", "size", "border", "cellpadding", "cellspacing", "class", "id", "name"}
_LAYOUT_TAGS = {"font", "u", "big", "style", "tt", "section", "main", "nav", "address", "dfn"}


Picture = Callable[[str], str | None]
"""From an image's reference to the data URL that takes its place, or None."""


def _only_inline(reference: str) -> str | None:
    return reference if reference.startswith("data:image/") else None


def clean(markup: str, picture: Picture = _only_inline) -> str:
    """HTML with an allow-list of tags and attributes: nothing runs, nothing is fetched.

    Inline pictures get a size that fits a page.
    """

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("src", "background"):
            return picture(value)
        if attribute == "style" and "url(" in value.lower():
            return None
        return value

    cleaned = nh3.clean(
        _without_fetching_styles(markup),
        tags=nh3.ALLOWED_TAGS | _LAYOUT_TAGS,
        clean_content_tags={"script", "noscript", "template", "iframe", "object", "title"},
        attributes=_attributes(),
        attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel=None,
    )
    return pictures.fit(cleaned)


@cache
def _attributes() -> dict[str, set[str]]:
    attributes = {tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = _STYLED
    attributes.setdefault("img", set()).update({"src", "alt"})
    return attributes


_STYLE_OPENS = re.compile("<style", re.IGNORECASE)
_STYLE_CLOSES = re.compile(r"</style[^<>]*>", re.IGNORECASE)
_FETCHES = re.compile(r"@import|url\s*\(|\\", re.IGNORECASE)  # or hides it behind an escape


def _without_fetching_styles(markup: str) -> str:
    """Style elements that import or refer to anything, left out; in one pass, whatever it is."""
    kept: list[str] = []
    at = 0
    while opens := _STYLE_OPENS.search(markup, at):
        kept.append(markup[at : opens.start()])
        closes = _STYLE_CLOSES.search(markup, opens.end())
        if closes is None:
            return "".join(kept)
        at = closes.end()
        style = markup[opens.start() : at]
        if not _FETCHES.search(style):
            kept.append(style)
    return "".join([*kept, markup[at:]])
