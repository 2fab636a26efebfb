"""EPUB made into one HTML page: LibreOffice writes EPUB, but does not read it.

The spine's documents in reading order, each cleaned like any HTML, each on a new page, with the
book's own pictures inside. The book's style sheets are left out: they are written for screens.

Source: EPUB 3.3, package document and OCF container (W3C).
"""

from __future__ import annotations

import base64
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mediamill.domain.errors import Broken, PasswordRequired
from mediamill.domain.office import text
from mediamill.domain.office.package import opened, read_small

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_BODY_OPENS = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_PICTURES = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif"}
_PICTURE_BYTES = 20_000_000  # of all pictures together; later ones are left out
_NEW_PAGE = '<p style="page-break-before:always"></p>'


def as_html(original: Path, *, limit: int) -> tuple[str, bool]:
    """The book as one HTML page of at most `limit` letters; whether it was cut there.

    Raises Broken where the book has no readable spine, and PasswordRequired where its chapters
    are encrypted for a reader of their own.
    """
    with opened(original) as book:
        try:
            folder, spine, title = _spine(book)
            locked = _locked(book)
        except (ElementTree.ParseError, DefusedXmlException, StopIteration) as error:
            raise Broken(
                "The book is damaged: its table of parts cannot be read.", code="broken_document"
            ) from error
        chapters: list[str] = []
        letters = 0
        pictures = _Pictures(book)
        for name in spine:
            part = posixpath.normpath(posixpath.join(folder, name))
            if part not in book.NameToInfo:
                continue
            if part in locked:
                raise PasswordRequired("The book is encrypted: only its own reader opens it.")
            chapter = _chapter(text.decode(book.read(part)), pictures.seen_from(part))
            letters += len(chapter)
            if letters > limit and chapters:
                return text.page(_NEW_PAGE.join(chapters), title), True
            chapters.append(chapter)
    if not any(chapters):
        raise Broken("The book has no chapter.", code="broken_document")
    return text.page(_NEW_PAGE.join(chapters), title), False


def _spine(book: zipfile.ZipFile) -> tuple[str, Iterator[str], str]:
    container = ElementTree.fromstring(read_small(book, _CONTAINER))
    package_path = next(_all(container, "rootfile")).get("full-path", "")
    package = ElementTree.fromstring(read_small(book, package_path))
    parts = {entry.get("id"): unquote(entry.get("href", "")) for entry in _all(package, "item")}
    title = next((entry.text or "" for entry in _all(package, "title")), "")
    order = [entry.get("idref") for entry in _all(package, "itemref")]
    return posixpath.dirname(package_path), (parts[one] for one in order if one in parts), title


def _locked(book: zipfile.ZipFile) -> set[str]:
    """The parts that are encrypted (OCF 3.3, 4.2.6.3.2); fonts often are, to no harm."""
    if _ENCRYPTION not in book.NameToInfo:
        return set()
    encryption = ElementTree.fromstring(read_small(book, _ENCRYPTION))
    return {unquote(entry.get("URI", "")) for entry in _all(encryption, "CipherReference")}


def _all(root: Any, name: str) -> Iterator[Any]:
    return (entry for entry in root.iter() if entry.tag.rpartition("}")[2] == name)


def _chapter(markup: str, picture: text.Picture) -> str:
    body = _BODY_OPENS.search(markup)
    return text.clean(markup[body.end() :] if body else markup, picture)


class _Pictures:
    """The book's own pictures, as data URLs, while they are not too many."""

    def __init__(self, book: zipfile.ZipFile) -> None:
        self._book, self._left = book, _PICTURE_BYTES

    def seen_from(self, part: str) -> text.Picture:
        """How a chapter's references are resolved."""
        return lambda reference: self._inline(posixpath.dirname(part), reference)

    def _inline(self, folder: str, reference: str) -> str | None:
        name = posixpath.normpath(posixpath.join(folder, unquote(reference)))
        entry = self._book.NameToInfo.get(name)
        kind = _PICTURES.get(name.rpartition(".")[2].lower())
        if entry is None or kind is None or entry.file_size > self._left:
            return None
        self._left -= entry.file_size
        try:
            picture = base64.b64encode(self._book.read(entry)).decode("ascii")
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            return None  # nothing may be raised through the cleaner, which would keep the reference
        return f"data:image/{kind};base64,{picture}"
