"""Cuts a document's links to what is outside of it, before LibreOffice reads it.

The second of three fences: LibreOffice is told not to follow links, these edits remove them from
packages, and the confined process could not reach anything if both failed. Hyperlinks that a
reader clicks stay. Patterns over bytes, not a parse: a part comes out as it went in, but for this.
"""

from __future__ import annotations

import re

# A tag's attributes: values may hold ">", but no "<", so that no input is read twice.
_ATTRIBUTES = rb"(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+"
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b" + _ATTRIBUTES + rb">")
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']", re.IGNORECASE)
_HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)

# ODF elements whose xlink:href is fetched; text:a and draw:a only lead somewhere.
_FETCHING = re.compile(
    rb"<(?:draw:(?:image|fill-image|object|object-ole|plugin|applet|floating-frame)"
    rb"|text:section-source|table:(?:table-source|cell-range-source)|svg:font-face-uri"
    rb"|presentation:sound|form:\w+|script:event-listener|office:dde-source|style:background-image"
    rb")\b" + _ATTRIBUTES + rb">"
)
_REFERENCE = re.compile(rb"\sxlink:href\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OUTSIDE = re.compile(rb"(?:[a-z][a-z0-9+.-]*:|/|\\|\.\./)", re.IGNORECASE)


def cut_relations(xml: bytes) -> bytes:
    """An OOXML `.rels` part without external relations, but for hyperlinks."""

    def keep(match: re.Match[bytes]) -> bytes:
        relation = match[0]
        fetched = _EXTERNAL.search(relation) and not _HYPERLINK.search(relation)
        return b"" if fetched else relation

    return _RELATION.sub(keep, xml)


def cut_references(xml: bytes) -> bytes:
    """An ODF part in which nothing that is fetched lies outside of the package."""

    def without(match: re.Match[bytes]) -> bytes:
        return _REFERENCE.sub(
            lambda found: (
                b"" if _OUTSIDE.match((found[1] or found[2] or b"").strip()) else found[0]
            ),
            match[0],
        )

    return _FETCHING.sub(without, xml)
