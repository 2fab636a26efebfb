"""Cuts a document's links to what is outside of it, before LibreOffice reads it.

The second of three fences: LibreOffice is told not to follow links, these edits remove them from
packages, and the confined process could not reach anything if both failed. Hyperlinks that a
reader clicks stay. Patterns over bytes, not a parse: a part comes out as it went in, but for this.
So a link has to be seen in every way that XML can write it: under other prefixes, with character
references, in another encoding. What cannot be read here is taken for a link to the outside.
"""

from __future__ import annotations

import codecs
import html
import re

from mediamill.domain.errors import Broken

# A tag's attributes: values may hold ">", but no "<", so that no input is read twice.
_ATTRIBUTES = rb"(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+"
_RELATION = re.compile(rb"<(?:[^<>\s:/]++:)?+Relationship\b" + _ATTRIBUTES + rb">")
_MODE = re.compile(rb"\sTargetMode\s*=\s*(?!([\"'])Internal\1)")
_HYPERLINK = re.compile(rb"\sType\s*=\s*[\"'][^\"'&]*/hyperlink[\"']")

# Any element of ODF that refers to something, and the ones that only lead there when clicked.
_REFERRING = re.compile(rb"<(?:[^<>\s:/]++:)?+([\w.-]++)" + _ATTRIBUTES + rb">")
_CLICKED = {b"a", b"area-rectangle", b"area-circle", b"area-polygon"}
_LISTENER = b"event-listener"  # of a click, or of a script
_REFERENCE = re.compile(rb"\s[^<>\s:/=\"']++:href\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|/|\\|\.\./|.*&", re.IGNORECASE | re.DOTALL)
_READ = re.compile(r"(?:https?|mailto):", re.IGNORECASE)

_ENCODING = re.compile(rb"\A<\?xml[^<>]*?\sencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_AS_ASCII = ("utf-8", "ascii", "iso8859", "cp125", "koi8")  # what is markup in these is so in ASCII


def cut_relations(xml: bytes) -> bytes:
    """An OOXML `.rels` part without external relations, but for hyperlinks.

    Raises Broken for an encoding that no XML should have.
    """

    def keep(match: re.Match[bytes]) -> bytes:
        relation = match[0]
        fetched = _MODE.search(relation) and not _HYPERLINK.search(relation)
        return b"" if fetched else relation

    return _RELATION.sub(keep, _as_utf8(xml))


def cut_references(xml: bytes) -> bytes:
    """An ODF part in which nothing that is fetched lies outside of the package.

    Raises Broken for an encoding that no XML should have.
    """

    def without(match: re.Match[bytes]) -> bytes:
        name = match[1]
        if name in _CLICKED:
            return match[0]
        return _REFERENCE.sub(
            lambda found: found[0] if _stays(found[1] or found[2] or b"", name) else b"",
            match[0],
        )

    return _REFERRING.sub(without, _as_utf8(xml))


def _stays(reference: bytes, element: bytes) -> bool:
    meant = html.unescape(reference.decode("utf-8", "replace")).strip()
    if element == _LISTENER:
        return bool(_READ.match(meant))
    return not _OUTSIDE.match(meant)


def _as_utf8(xml: bytes) -> bytes:
    """The part in an encoding that patterns of ASCII see through."""
    declared = _ENCODING.search(xml.removeprefix(codecs.BOM_UTF8)[:200])
    if xml.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in xml[:4]:
        encoding = "utf-16-le" if xml[1:2] == b"\0" else "utf-16-be"
    else:
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        if codecs.lookup(encoding).name.startswith(_AS_ASCII):
            return xml
        if encoding.startswith("utf-16"):
            text = xml.decode(encoding)
            return re.sub(r"\A(\ufeff?)<\?xml[^<>]*\?>", "", text).encode()
    except (LookupError, UnicodeDecodeError):
        pass
    raise Broken("The document is damaged: a part is in no known encoding.", code="broken_document")
