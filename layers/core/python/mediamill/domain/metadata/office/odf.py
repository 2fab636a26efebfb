"""OpenDocument: the meta part and its statistics (ODF 1.3, part 3, 4.3)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from mediamill.domain.metadata.office.archive import Archive, parse_xml
from mediamill.domain.metadata.office.properties import Properties
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

_FORMATS = {
    "text": "odt",
    "text-template": "ott",
    "text-master": "odm",
    "spreadsheet": "ods",
    "spreadsheet-template": "ots",
    "presentation": "odp",
    "presentation-template": "otp",
    "graphics": "odg",
    "graphics-template": "otg",
    "formula": "odf",
}
_TYPE = "application/vnd.oasis.opendocument"


def format_of(content_type: str) -> str | None:
    """The usual extension of an OpenDocument type."""
    family, _, kind = content_type.rpartition(".")
    return _FORMATS.get(kind) if family == _TYPE else None


def read_odf(archive: Archive, format_: str, properties: Properties) -> dict[str, Any]:
    """The fields of DocumentFacts; what cannot be read is noted in `properties`."""
    manifest = properties.tree(archive, "META-INF/manifest.xml")
    locked = _locked_parts(manifest) if manifest is not None else set()
    tree = properties.tree(archive, "meta.xml") if "meta.xml" not in locked else None
    return {
        **_stated(tree, format_, properties),
        "has_macros": any(
            name.startswith(("Basic/", "Scripts/")) and not name.endswith("/")
            for name in archive.names
        ),
        "encrypted": bool(locked),
        "password_required": bool(locked),
        "signature_count": int(archive.has("META-INF/documentsignatures.xml")),
    }


def read_flat(window: Window, content_type: str) -> tuple[str | None, dict[str, Any]]:
    """Format and fields of a document in one XML file, whose meta element stands near its start."""
    format_ = {"text": "fodt", "spreadsheet": "fods", "presentation": "fodp"}.get(
        content_type.removesuffix("-flat-xml").rpartition(".")[2]
    )
    head = window.at(0, HEAD)
    root, meta = _ROOT.search(head), _META.search(head)
    if root is None or meta is None:
        return format_, {"encrypted": False}
    body = b"<meta %b>%b</meta>" % (b" ".join(_SPACES.findall(root[0])), meta[0])
    tree = parse_xml(body, "meta")
    packed = {"fodp": "odp", "fods": "ods"}.get(format_ or "", "odt")
    return format_, {**_stated(tree, packed, Properties()), "encrypted": False}


HEAD = 256 * 1024
_ROOT = re.compile(rb"<office:document\b[^>]*>")
_META = re.compile(rb"<office:meta>.*?</office:meta>", re.DOTALL)
_SPACES = re.compile(rb"xmlns:[\w-]+\s*=\s*(?:\"[^\"]*\"|'[^']*')")


def _stated(
    tree: ElementTree.Element | None, format_: str, properties: Properties
) -> dict[str, Any]:
    """What the meta element says."""
    texts: dict[str, str] = {}
    keywords: list[str] = []
    statistic: dict[str, str] = {}
    for node in tree.iter() if tree is not None else ():
        name = node.tag.rpartition("}")[2]
        if name == "document-statistic":
            statistic = {key.rpartition("}")[2]: value for key, value in node.attrib.items()}
        elif name == "keyword" and (word := clean(node.text, 200)) and len(keywords) < 100:
            keywords.append(word)
        elif text := clean(node.text):
            texts.setdefault(name, text)
    pages = properties.count(statistic.get("page-count"))
    return {
        "title": texts.get("title"),
        "subject": texts.get("subject"),
        "description": texts.get("description"),
        "author": texts.get("initial-creator") or texts.get("creator"),
        "last_modified_by": texts.get("creator"),
        "keywords": tuple(keywords),
        "language": texts.get("language"),
        "revision": properties.count(texts.get("editing-cycles")),
        "creator": texts.get("generator"),
        "created_at": when.iso(texts.get("creation-date")),
        "modified_at": when.iso(texts.get("date")),
        "page_count": pages if format_ not in ("odp", "otp") else None,
        "slide_count": pages if format_ in ("odp", "otp") else None,
        "sheet_count": properties.count(statistic.get("table-count"))
        if format_ in ("ods", "ots")
        else None,
        "word_count": properties.count(statistic.get("word-count")),
        "character_count": properties.count(statistic.get("character-count")),
        "paragraph_count": properties.count(statistic.get("paragraph-count")),
    }


def _locked_parts(manifest: ElementTree.Element) -> set[str]:
    """The parts that the manifest gives a key for (ODF 1.3, part 2, 4.4)."""
    return {
        next((value for name, value in entry.items() if name.endswith("full-path")), "")
        for entry in manifest
        if any(child.tag.rpartition("}")[2] == "encryption-data" for child in entry)
    }
