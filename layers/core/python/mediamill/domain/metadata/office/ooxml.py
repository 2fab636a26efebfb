"""Office Open XML: core and extended properties (ECMA-376, part 1, 15.2.12)."""

from __future__ import annotations

import re
from typing import Any

from mediamill.domain.metadata.office.archive import Archive
from mediamill.domain.metadata.office.properties import Properties
from mediamill.domain.metadata.reading import when

_FORMATS = {
    "wordprocessingml.document.main": "docx",
    "wordprocessingml.template.main": "dotx",
    "ms-word.document.macroEnabled.main": "docm",
    "ms-word.template.macroEnabledTemplate.main": "dotm",
    "spreadsheetml.sheet.main": "xlsx",
    "spreadsheetml.template.main": "xltx",
    "ms-excel.sheet.macroEnabled.main": "xlsm",
    "ms-excel.template.macroEnabled.main": "xltm",
    "ms-excel.sheet.binary.macroEnabled.main": "xlsb",
    "presentationml.presentation.main": "pptx",
    "presentationml.template.main": "potx",
    "presentationml.slideshow.main": "ppsx",
    "ms-powerpoint.presentation.macroEnabled.main": "pptm",
    "ms-powerpoint.template.macroEnabled.main": "potm",
    "ms-powerpoint.slideshow.macroEnabled.main": "ppsm",
}


def format_of(archive: Archive) -> str | None:
    """The format by the main part's declared type, or by the folder that the parts stand in."""
    body = archive.part("[Content_Types].xml") or b""
    declared = body.decode("utf-8", "replace")
    for kind, format_ in _FORMATS.items():
        if f".{kind}+xml" in declared or (f".{kind}" in declared and format_ == "xlsb"):
            return format_
    for folder, format_ in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if any(name.startswith(folder) for name in archive.names):
            return format_
    return None


def read_ooxml(archive: Archive, properties: Properties) -> dict[str, Any]:
    """The fields of DocumentFacts; what cannot be read is noted in `properties`."""
    core = properties.texts(archive, "docProps/core.xml")
    app = properties.texts(archive, "docProps/app.xml")
    return {
        "title": core.get("title"),
        "subject": core.get("subject"),
        "author": core.get("creator"),
        "description": core.get("description"),
        "keywords": properties.words(core.get("keywords")),
        "language": core.get("language"),
        "last_modified_by": core.get("lastModifiedBy"),
        "revision": properties.count(core.get("revision")),
        "created_at": when.iso(core.get("created")),
        "modified_at": when.iso(core.get("modified")),
        "identifier": core.get("identifier"),
        "creator": app.get("Application"),
        "creator_version": app.get("AppVersion"),
        "company": app.get("Company"),
        "template": app.get("Template"),
        "page_count": properties.count(app.get("Pages")),
        "word_count": properties.count(app.get("Words")),
        "character_count": properties.count(app.get("CharactersWithSpaces")),
        "paragraph_count": properties.count(app.get("Paragraphs")),
        "slide_count": properties.count(app.get("Slides")) or _slides(archive),
        "sheet_count": _sheets(archive, properties),
        "has_macros": any(name.lower().endswith("vbaproject.bin") for name in archive.names),
        "encrypted": False,
        "signature_count": sum(
            bool(re.fullmatch(r"_xmlsignatures/sig\d+\.xml", name)) for name in archive.names
        ),
    }


def _slides(archive: Archive) -> int | None:
    return _numbered(archive, r"ppt/slides/slide\d+\.xml")


def _sheets(archive: Archive, properties: Properties) -> int | None:
    """The sheets that the workbook lists; hidden ones and chart sheets count."""
    tree = properties.tree(archive, "xl/workbook.xml")
    if tree is None:
        return _numbered(archive, r"xl/worksheets/sheet\d+\.(xml|bin)")
    return sum(node.tag.rpartition("}")[2] == "sheet" for node in tree.iter()) or None


def _numbered(archive: Archive, pattern: str) -> int | None:
    return sum(bool(re.fullmatch(pattern, name)) for name in archive.names) or None
