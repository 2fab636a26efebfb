"""XMP packets as JSON: `prefix:name`, with the prefixes that the standard gives the namespaces."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree

from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import DEEPEST, MOST_ENTRIES, clean
from mediamill.domain.wire import JSON

LONGEST_PACKET = 4 * 1024 * 1024
MOST_PROPERTIES = 1_000

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://ns.adobe.com/pdfx/1.3/": "pdfx",
    "http://www.aiim.org/pdfa/ns/id/": "pdfaid",
    "http://www.aiim.org/pdfua/ns/id/": "pdfuaid",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.google.com/photos/1.0/panorama/": "GPano",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://creativecommons.org/ns#": "cc",
    "adobe:ns:meta/": "x",
}
# Pictures and edit histories in text's clothing.
_SKIPPED = {
    "xmp:Thumbnails",
    "photoshop:DocumentAncestors",
    "photoshop:History",
    "GImage:Data",
    "GDepth:Data",
    "crs:PaintBasedCorrections",
    "tiff:NativeDigest",
    "exif:NativeDigest",
}
_NUMERIC = ("exif", "exifEX", "tiff", "aux", "crs", "hdrgm", "GPano", "xmpTPg", "Item")
_NUMBERS = {"xmp:Rating", "photoshop:ColorMode", "photoshop:Urgency", "pdfaid:part", "pdfuaid:part"}
_RATIONAL = re.compile(r"([+-]?\d{1,15})/(\d{1,15})")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")


def read_xmp(packet: bytes) -> dict[str, JSON]:
    """The properties of one packet; empty where it is not XML, or XML that defines entities."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    if len(packet) > LONGEST_PACKET:
        return {}
    packet = packet.strip(b"\0 \r\n\t")
    prefixes: dict[str, str] = {}
    found: dict[str, JSON] = {}
    depth = 0
    try:
        # forbid_dtd: no entity can be defined without one.
        for event, node in iterparse(
            io.BytesIO(packet), events=("start-ns", "start", "end"), forbid_dtd=True
        ):
            if event == "start-ns":
                prefix, address = node
                prefixes.setdefault(address, _PREFIXES.get(address) or clean(prefix, 40) or "ns")
            elif event == "start":
                depth += 1
            else:
                depth -= 1
                if node.tag == f"{_RDF}Description" and depth <= 2:
                    _describe(node, prefixes, found)
                    node.clear()
                if len(found) > MOST_PROPERTIES:
                    break
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        pass  # what stands before the fault is still true
    return found


def _describe(node: ElementTree.Element, prefixes: dict[str, str], into: dict[str, JSON]) -> None:
    """The properties of an rdf:Description, written as attributes or as elements."""
    for tag, value in list(node.attrib.items())[:MOST_ENTRIES]:
        _note(into, _name(tag, prefixes), clean(value))
    for child in list(node)[:MOST_ENTRIES]:
        _note(into, _name(child.tag, prefixes), _value(child, prefixes, DEEPEST))


def _note(into: dict[str, JSON], name: str | None, value: JSON) -> None:
    if name is None or name in _SKIPPED or value is None or value in ({}, []):
        return
    into.setdefault(name, _typed(name, value))


def _value(node: ElementTree.Element, prefixes: dict[str, str], depth: int) -> JSON:
    """Text, a list (Bag, Seq), one language's text (Alt), or an object (a structure)."""
    if depth <= 0:
        return None
    for child in node:
        if child.tag in (f"{_RDF}Bag", f"{_RDF}Seq"):
            entries = [_value(entry, prefixes, depth - 1) for entry in list(child)[:MOST_ENTRIES]]
            return [entry for entry in entries if entry not in (None, {}, [])]
        if child.tag == f"{_RDF}Alt":
            return _in_default_language(child, prefixes, depth - 1)
        if child.tag == f"{_RDF}Description":
            inner: dict[str, JSON] = {}
            _structure(child, prefixes, inner, depth - 1)
            return inner
    inner = {}
    _structure(node, prefixes, inner, depth - 1)
    return inner or clean(node.text)


def _structure(
    node: ElementTree.Element, prefixes: dict[str, str], into: dict[str, JSON], depth: int
) -> None:
    for tag, value in list(node.attrib.items())[:MOST_ENTRIES]:
        _note(into, _name(tag, prefixes), clean(value))
    for child in list(node)[:MOST_ENTRIES]:
        _note(into, _name(child.tag, prefixes), _value(child, prefixes, depth))


def _in_default_language(node: ElementTree.Element, prefixes: dict[str, str], depth: int) -> JSON:
    texts = [
        (entry.get(f"{_XML}lang"), value)
        for entry in list(node)[:MOST_ENTRIES]
        if (value := _value(entry, prefixes, depth)) is not None
    ]
    default = next((value for language, value in texts if language == "x-default"), None)
    return default if default is not None else (texts[0][1] if texts else None)


def _name(tag: str, prefixes: dict[str, str]) -> str | None:
    """`prefix:local`; None for RDF's and XML's own attributes."""
    if tag.startswith((_RDF, _XML)) or not tag.startswith("{"):
        return None
    address, _, local = tag[1:].partition("}")
    prefix = _PREFIXES.get(address) or prefixes.get(address, "ns")
    return clean(f"{prefix}:{local}", 120)


def _typed(name: str, value: JSON) -> JSON:
    """Text as a number, a flag or a date where the property is one."""
    if isinstance(value, list):
        return [_typed(name, entry) for entry in value]
    if not isinstance(value, str):
        return value
    if name in _NUMBERS or name.partition(":")[0] in _NUMERIC:
        if value in ("True", "False"):
            return value == "True"
        if (match := _RATIONAL.fullmatch(value)) and int(match[2]):
            return _shortest(int(match[1]) / int(match[2]))
        if _DECIMAL.fullmatch(value):
            return _shortest(float(value))
    if "Date" in name or "when" in name:
        return when.iso(value) or value
    return value


def _shortest(number: float) -> JSON:
    return int(number) if number.is_integer() else round(number, 9)
