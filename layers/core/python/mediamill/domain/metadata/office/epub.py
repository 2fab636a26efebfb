"""EPUB: the package document that the container names (EPUB 3.3, 5.4)."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from mediamill.domain.metadata.office.archive import Archive
from mediamill.domain.metadata.office.properties import Properties
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean

_DC = "{http://purl.org/dc/elements/1.1/}"
_OPF = "{http://www.idpf.org/2007/opf}"
MOST_OF_EACH = 50


def read_epub(archive: Archive, properties: Properties) -> dict[str, Any]:
    """The fields of DocumentFacts; what cannot be read is noted in `properties`."""
    package = _package(archive, properties)
    if package is None:
        return {}
    authors = _all(package, "creator")
    modified = next(
        (
            node.text
            for node in package.iter(f"{_OPF}meta")
            if node.get("property") == "dcterms:modified"
        ),
        None,
    )
    return {
        "version": clean(package.get("version"), 10),
        "title": _first(package, "title"),
        "author": clean(", ".join(authors)),
        "authors": tuple(authors),
        "language": _first(package, "language"),
        "publisher": _first(package, "publisher"),
        "identifier": _first(package, "identifier"),
        "description": _first(package, "description"),
        "keywords": tuple(_all(package, "subject")),
        "created_at": when.iso(_first(package, "date")),
        "modified_at": when.iso(modified),
        "encrypted": archive.has("META-INF/rights.xml"),
    }


def _package(archive: Archive, properties: Properties) -> ElementTree.Element | None:
    container = properties.tree(archive, "META-INF/container.xml")
    for node in container.iter() if container is not None else ():
        path = node.get("full-path")
        if node.tag.rpartition("}")[2] == "rootfile" and path:
            return properties.tree(archive, path)
    return None


def _all(package: ElementTree.Element, name: str) -> list[str]:
    texts = [clean(node.text) for node in package.iter(f"{_DC}{name}")]
    return [text for text in texts if text][:MOST_OF_EACH]


def _first(package: ElementTree.Element, name: str) -> str | None:
    return next(iter(_all(package, name)), None)
