"""Text files: the encoding, and what HTML says of itself in its head."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

HEAD = 64 * 1024
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32le"),
    (b"\0\0\xfe\xff", "utf-32be"),
    (b"\xff\xfe", "utf-16le"),
    (b"\xfe\xff", "utf-16be"),
)
_STATED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})|<\?xml[^>]{0,200}?encoding=[\"']([\w-]{1,40})",
    re.IGNORECASE,
)
_FORMATS = {
    "text/plain": "txt",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/markdown": "md",
    "text/xml": "xml",
    "application/json": "json",
}


def format_of_text(content_type: str) -> str | None:
    """The usual extension of a kind of text; None for what is none."""
    return _FORMATS.get(content_type)


def read_plain_text(window: Window, format_: str) -> dict[str, Any]:
    """The fields of DocumentFacts, by the first bytes."""
    head = window.at(0, HEAD)
    encoding = charset(head, is_whole=len(head) == window.length)
    facts: dict[str, Any] = {"charset": encoding}
    if format_ == "html":
        facts |= _of_html(head, encoding)
    return facts


def charset(head: bytes, *, is_whole: bool) -> str | None:
    """The encoding by its mark, by being UTF-8 without a fault, or as stated; None for a guess."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    try:
        head.decode("ascii")
    except UnicodeDecodeError:
        pass
    else:
        return "us-ascii"
    try:
        # The head may end within a character.
        head.decode() if is_whole else head[: len(head) - 3].decode("utf-8", "strict")
    except UnicodeDecodeError as fault:
        if is_whole or fault.start < len(head) - 7:
            return _stated(head)
    return "utf-8"


def _stated(head: bytes) -> str | None:
    match = _STATED.search(head[:4_096])
    name = (match[1] or match[2]).decode("ascii").lower() if match else None
    return None if name in ("utf-8", "utf8") else name  # which it just was not


class _Head(HTMLParser):
    """Collects the title, the metas and the language; stops caring at the body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.metas: dict[str, str] = {}
        self.language: str | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang")
        elif tag == "title" and not self.title:
            self._in_title = True
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property") or ""
            self.metas.setdefault(name.lower(), attributes.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def _of_html(head: bytes, encoding: str | None) -> dict[str, Any]:
    parser = _Head()
    try:
        text = head.decode(encoding or "cp1252", "replace")
    except LookupError:
        text = head.decode("cp1252", "replace")
    parser.feed(re.split(r"<body\b", text, maxsplit=1, flags=re.IGNORECASE)[0])
    metas = parser.metas
    words = metas.get("keywords", "").split(",")[:100]
    return {
        "title": clean(" ".join(parser.title.split())) or clean(metas.get("og:title")),
        "description": clean(metas.get("description")) or clean(metas.get("og:description")),
        "author": clean(metas.get("author")),
        "creator": clean(metas.get("generator"), 200),
        "keywords": tuple(word for part in words if (word := clean(part, 200))),
        "language": clean(parser.language, 40),
    }
