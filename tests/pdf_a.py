"""What ISO 19005 asks of a PDF and can be seen in its objects: the faults of one that claims it.

No validator is a package of Python, Debian or npm (veraPDF is a program of Java's). This looks at
every object once, and knows the rules that decide whether an archive can show the file later: fonts
and colours come with it, nothing acts, nothing is locked, and what it claims is readable.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from PIL import ImageCms
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
# 19005-1 6.6.1 and 19005-2 6.5.1.
_FORBIDDEN_ACTIONS = {
    "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/JavaScript", "/Hide",
    "/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView",
}  # fmt: skip


def pdf_a_faults(body: bytes, part: int) -> list[str]:
    """What keeps the PDF from being PDF/A of that part (1, 2 or 3); nothing where all is well."""
    reader: Any = PdfReader(io.BytesIO(body))
    found = [*_of_the_file(reader, body, part), *_of_the_claim(reader, part)]
    for each in objects(reader):
        found += _of_an_object(each, part)
    return found


def objects(reader: Any) -> Iterator[Any]:
    """All objects that the trailer leads to, each once."""
    seen: set[int] = set()
    waiting = [reader.trailer]
    while waiting:
        each = waiting.pop()
        each = each.get_object() if hasattr(each, "get_object") else each
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, DictionaryObject):
            waiting += [dict.__getitem__(each, name) for name in each]
        elif isinstance(each, ArrayObject):
            waiting += list.__iter__(each)


def _of_the_file(reader: Any, body: bytes, part: int) -> Iterator[str]:
    if reader.is_encrypted:
        yield "it is encrypted"
    if "/ID" not in reader.trailer:
        yield "its trailer has no identifier"
    if not re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4}", body):
        yield "no comment of binary characters follows its header"
    catalogue = reader.root_object
    for name in ("/OpenAction", "/AA"):
        action = catalogue.get(name)
        if isinstance(action, DictionaryObject) and action.get("/S") in _FORBIDDEN_ACTIONS:
            yield f"{name} acts"
    names = catalogue.get("/Names", {}).get_object() if "/Names" in catalogue else {}
    if "/JavaScript" in names:
        yield "it has scripts"
    if "/EmbeddedFiles" in names and part < 3:
        yield "it has files inside"


def _of_the_claim(reader: Any, part: int) -> Iterator[str]:
    packet = reader.root_object.get("/Metadata")
    if packet is None:
        yield "it has no XMP"
        return
    packet = packet.get_object()
    if part == 1 and "/Filter" in packet:
        yield "its XMP is compressed"
    if f"<pdfaid:part>{part}</pdfaid:part>" not in packet.get_data().decode():
        yield f"it does not claim part {part}"
    intents = [each.get_object() for each in reader.root_object.get("/OutputIntents", ())]
    profiles = [each["/DestOutputProfile"] for each in intents if each["/S"] == "/GTS_PDFA1"]
    if len(profiles) != 1:
        yield "it has not one output intent"
    for profile in profiles:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile.get_object().get_data())).profile
        if read.version >= (5 if part > 1 else 3):
            yield f"its profile is of version {read.version}"
        if read.xcolor_space.strip() != "RGB" or profile.get_object()["/N"] != 3:
            yield "its profile is not of RGB"


def _of_an_object(each: Any, part: int) -> Iterator[str]:
    if not isinstance(each, DictionaryObject):
        return
    if each.get("/Type") == "/Font" and each.get("/Subtype") not in ("/Type0", "/Type3"):
        descriptor = each.get("/FontDescriptor", {})
        if not any(name in descriptor.get_object() for name in _FILES) if descriptor else True:
            yield f"{each.get('/BaseFont')} is not embedded"
    if each.get("/S") in _FORBIDDEN_ACTIONS:
        yield f"it has an action {each['/S']}"
    if isinstance(each, StreamObject):
        filters = each.get("/Filter", ())
        if "/LZWDecode" in (filters if isinstance(filters, ArrayObject) else [filters]):
            yield "LZW compresses something"
        if "/F" in each:
            yield "a stream stands in another file"
    if part == 1:
        if "/SMask" in each and str(each["/SMask"]) != "/None":
            yield "something is transparent: a soft mask"
        if any(each.get(name, 1) != 1 for name in ("/CA", "/ca") if _is_number(each.get(name))):
            yield "something is transparent: an opacity"
        if each.get("/S") == "/Transparency":
            yield "something is transparent: a group"
    if each.get("/Subtype") == "/Link" and not int(each.get("/F", 0)) & 4:
        yield "a link is not printed"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))
