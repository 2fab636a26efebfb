"""The names in the results bucket: made from the original's key, so that nobody has to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediamill.domain.errors import KeyTooLong, KeyUnusable
from mediamill.domain.formats import FORMATS

KEY_BYTES = 1024
"""S3's bound on a key, in bytes of UTF-8: Amazon S3 User Guide, "Naming Amazon S3 objects"."""

NOT_DERIVATIVES = frozenset({"reports", "catalogue"})
"""First words of results keys that belong to no asset."""

PAGED = frozenset({"pages", "pictures", "sheets", "subtitles", "hls"})
"""Derivatives that are many: `pages/report.pdf/0001.webp`, `pictures/report.pdf/0001.jpg`.

A name is either always paged or never: or else page 1 of `a` would be what `a/0001` is called.
"""

_OF_FILMS = frozenset(
    {"poster", "storyboard", "preview", "video", "audio", "peaks", "waveform", "chapters"}
)
RESERVED = NOT_DERIVATIVES | PAGED | _OF_FILMS | {"metadata", "text", "pdf", "manifest"}
"""Names that no rendition may take."""

_LONGEST_PAGE, _LONGEST_END = "/0001.webp", ".webp"
_ENDS = {True: re.compile(r"/\d{4,}\.([a-z0-9]+)"), False: re.compile(r"\.([a-z0-9]+)")}
_EXTENSIONS = frozenset(format_.extension for format_ in FORMATS.values())
# Extensible Markup Language (XML) 1.0, production 2: S3 answers in it, and SQS takes nothing else.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def derivative_key(name: str, key: str, format_name: str, page: int | None = None) -> str:
    """The key of one derivative of the original `key`.

    >>> derivative_key("thumbnail", "photos/cat.jpg", "webp")
    'thumbnail/photos/cat.jpg.webp'
    >>> derivative_key("pages", "report.pdf", "webp", page=1)
    'pages/report.pdf/0001.webp'

    `page` is what the many of one name are counted by: pages, or else numbers.

    Raises ValueError for a page of what has none, and the other way round.
    """
    if (page is None) == (name in PAGED):
        raise ValueError(f"{name!r} has {'a file for each page' if name in PAGED else 'no pages'}")
    extension = FORMATS[format_name].extension
    part = "" if page is None else f"/{page:04}"
    return f"{name}/{key}{part}.{extension}"


def belongs(result: str, key: str) -> bool:
    """Whether a results key is that of a derivative, or the manifest, of the original `key`.

    >>> belongs("pages/report.pdf/0001.webp", "report.pdf")
    True
    >>> belongs("thumbnail/cat.jpg.png.webp", "cat.jpg")
    False
    """
    name, _, rest = result.partition("/")
    if name in NOT_DERIVATIVES or not rest.startswith(key):
        return False
    end = _ENDS[name in PAGED].fullmatch(rest, len(key))
    return end is not None and end[1] in _EXTENSIONS


def manifest_key(key: str) -> str:
    """The key of an original's manifest."""
    return derivative_key("manifest", key, "json")


def fits(key: str) -> bool:
    """Whether S3 takes this key, and can name it in its answers."""
    return len(key.encode()) <= KEY_BYTES and _NO_XML.search(key) is None


def check_key(key: str, names: Iterable[str]) -> None:
    """Raise where a derivative of `key` under one of `names` could have no key.

    KeyTooLong past S3's bound; KeyUnusable for characters that S3 cannot name in its answers.
    """
    longest = max(
        len(name.encode()) + len(_LONGEST_PAGE if name in PAGED else _LONGEST_END)
        for name in {*names, *RESERVED}
    )
    room = KEY_BYTES - longest - len("/")
    size = len(key.encode())
    if size > room:
        raise KeyTooLong(
            f"The key has {size} bytes; its derivatives' names leave room for {room}. "
            "Upload the file under a shorter key."
        )
    unusable = _NO_XML.search(key)
    if unusable is not None:
        raise KeyUnusable(
            f"The key has the character U+{ord(unusable[0]):04X}, which S3 cannot name in its "
            "answers. Upload the file under a key without control characters."
        )
