"""RTF: the information group (Rich Text Format 1.9.1)."""

from __future__ import annotations

import re
from typing import Any

from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

# The information group follows the font, colour and style tables.
HEAD = 256 * 1024
_TEXTS = {
    "title": "title",
    "subject": "subject",
    "author": "author",
    "operator": "last_modified_by",
    "company": "company",
    "doccomm": "description",
}
_COUNTS = {"nofpages": "page_count", "nofwords": "word_count", "nofchars": "character_count"}
_DATES = {"creatim": "created_at", "revtim": "modified_at"}

_TOKEN = re.compile(
    r"""
    \\'([0-9a-fA-F]{2})                                # a byte of the code page
    | \\u(-?\d{1,6})\ ?(?:\\'[0-9a-fA-F]{2}|\?)?       # UTF-16, and what stands for it without
    | \\([\\{}])                                      # an escaped character
    | \\\* | \\[a-z]+-?\d*\ ? | [{}]                  # control words, groups
    | ([^\\{}]+)
    """,
    re.VERBOSE,
)


def read_rtf(window: Window) -> dict[str, Any]:
    """The fields of DocumentFacts."""
    head = window.at(0, HEAD).decode("latin-1")
    codepage = re.search(r"\\ansicpg(\d{1,5})", head)
    start = head.find("{\\info")
    if start < 0:
        return {}
    info = _group(head, start)
    encoding = f"cp{codepage[1]}" if codepage else "cp1252"
    encoding = encoding if _known(encoding) else "cp1252"
    facts: dict[str, Any] = {}
    for word, name in _TEXTS.items():
        # Where it stands twice, the one in a \\ud group has Unicode.
        pattern = rf"\{{(?:\\\*)?\\{word}(?![a-z])"
        match = re.search(rf"(?<=\\ud){pattern}", info) or re.search(pattern, info)
        if match:
            body = _group(info, match.start())[len(match[0]) : -1]
            facts[name] = clean(_plain(body, encoding))
    if match := re.search(r"\{\\keywords(?![a-z])", info):
        words = _plain(_group(info, match.start())[len(match[0]) : -1], encoding)
        parts = words.split(";" if ";" in words else ",")[:100]
        facts["keywords"] = tuple(keyword for part in parts if (keyword := clean(part, 200)))
    for word, name in _COUNTS.items():
        if match := re.search(rf"\\{word}(\d{{1,9}})", info):
            facts[name] = int(match[1])
    for word, name in _DATES.items():
        if match := re.search(rf"\{{\\{word}(?![a-z])", info):
            facts[name] = _date(_group(info, match.start()))
    return facts


def _group(text: str, start: int) -> str:
    """The group that opens at `start`, with its braces; to the end where it does not close."""
    depth = 0
    for match in re.finditer(r"\\[\\{}]|[{}]", text[start:]):
        if match[0] in "{}":
            depth += 1 if match[0] == "{" else -1
            if depth == 0:
                return text[start : start + match.end()]
    return text[start:]


def _plain(body: str, encoding: str) -> str:
    """Text of a group without control words, its escapes decoded."""
    text, raw = "", bytearray()
    for match in _TOKEN.finditer(body):
        if match[1]:
            raw += bytes.fromhex(match[1])
        elif match[2]:
            text += raw.decode(encoding, "replace") + chr(int(match[2]) & 0xFFFF)
            raw.clear()
        elif match[3] or match[4]:
            raw += (match[3] or match[4]).replace("\r", "").replace("\n", "").encode("latin-1")
    text += raw.decode(encoding, "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True


def _date(group: str) -> str | None:
    parts = dict(re.findall(r"\\(yr|mo|dy|hr|min|sec)(\d{1,4})", group))
    if not {"yr", "mo", "dy"} <= set(parts):
        return None
    numbers = [int(parts.get(name, 0)) for name in ("yr", "mo", "dy", "hr", "min", "sec")]
    year, month, day, hour, minute, second = numbers
    return when.iso(f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
