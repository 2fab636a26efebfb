"""Write a PDF anew from what pypdf reads: only what is reachable, packed into object streams.

pypdf's own writer has no object streams and clones a document whole; this one walks from the
catalogue, asks `keep` about each dictionary entry, and so never visits what is to go.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
)

from mediamill.domain.errors import Broken

Keep = Callable[[DictionaryObject, str, Any], bool]
"""Whether an entry (of this dictionary, by name, with this value resolved) may stay."""

_PER_STREAM = 200  # objects; readers unpack a whole stream for each object they want
_DEEPEST = 100  # direct objects inside each other
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")  # PDF 1.7, table 30


def write(reader: PdfReader, pages: Sequence[int], keep: Keep) -> bytes:
    """A PDF of the pages with these indices, from 0, and all of the catalogue that `keep` keeps.

    References to pages that are not among them become null. Raises Broken where objects are
    nested too deeply, and whatever pypdf raises for a file it cannot read.
    """
    return _Writer(reader, pages, keep).finish()


class _Writer:
    def __init__(self, reader: PdfReader, pages: Sequence[int], keep: Keep) -> None:
        self._reader = reader
        self._keep = keep
        self._chosen = [reader.pages[index] for index in pages]
        self._numbers: dict[tuple[int, int], int] = {}
        self._waiting: list[tuple[int, PdfObject]] = []
        self._objects: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}
        self._next = 3  # 1 is the catalogue, 2 the page tree
        self._kids = []
        for page in self._chosen:
            number = self._number()
            self._kids.append(number)
            if page.indirect_reference is not None:
                self._numbers.setdefault(_identity(page.indirect_reference), number)

    def finish(self) -> bytes:
        catalogue = self._reader.root_object
        entries = self._entries(catalogue, {"/Pages": b"2 0 R", "/Type": b"/Catalog"}, 0)
        self._objects[1] = b"<<" + entries + b">>"
        kids = b" ".join(b"%d 0 R" % number for number in self._kids)
        self._objects[2] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(self._kids), kids)
        for number, page in zip(self._kids, self._chosen, strict=True):
            fixed = {"/Parent": b"2 0 R", "/Type": b"/Page"}
            for name in _INHERITED:
                value = _inherited(page, name)
                if name not in page and value is not None:
                    fixed[name] = self._value(value, 0)
            self._objects[number] = b"<<" + self._entries(page, fixed, 0) + b">>"
        while self._waiting:
            number, value = self._waiting.pop()
            if isinstance(value, StreamObject):
                self._streams[number] = self._stream(value)
            else:
                self._objects[number] = self._value(value, 0)
        return self._file()

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _reference(self, reference: IndirectObject) -> bytes:
        identity = _identity(reference)
        number = self._numbers.get(identity)
        if number is None:
            value = reference.get_object()
            if value is None or isinstance(value, NullObject):
                return b"null"
            if isinstance(value, DictionaryObject) and value.get("/Type") in ("/Page", "/Pages"):
                return b"null"  # a page that was not chosen, or the old tree
            number = self._numbers[identity] = self._number()
            self._waiting.append((number, value))
        return b"%d 0 R" % number

    def _value(self, value: Any, depth: int) -> bytes:
        if depth > _DEEPEST:
            raise Broken("The document's objects are nested too deeply.", code="broken_document")
        if isinstance(value, IndirectObject):
            return self._reference(value)
        if isinstance(value, StreamObject):  # only ever by reference
            number = self._number()
            self._waiting.append((number, value))
            return b"%d 0 R" % number
        if isinstance(value, DictionaryObject):
            return b"<<" + self._entries(value, {}, depth) + b">>"
        if isinstance(value, ArrayObject):
            kept = [
                self._value(entry, depth + 1)
                for entry in value
                if self._keep(_NOWHERE, "", _resolved(entry))
            ]
            return b"[" + b" ".join(kept) + b"]"
        if isinstance(value, NameObject):
            return _name(value)
        body = io.BytesIO()
        value.write_to_stream(body)
        return body.getvalue()

    def _entries(
        self, dictionary: DictionaryObject, fixed: Mapping[str, bytes], depth: int
    ) -> bytes:
        parts = [_name(name) + b" " + value for name, value in fixed.items()]
        for name in dictionary:
            if name in fixed:
                continue
            value = dictionary.raw_get(name)
            if self._keep(dictionary, name, _resolved(value)):
                parts.append(_name(name) + b" " + self._value(value, depth + 1))
        return b"".join(parts)

    def _stream(self, value: StreamObject) -> bytes:
        body = bytes(value._data)
        entries = self._entries(value, {"/Length": b"%d" % len(body)}, 0)
        return b"<<" + entries + b">>stream\n" + body + b"\nendstream"

    def _file(self) -> bytes:
        """Header, streams, object streams, and a cross-reference stream over all of them."""
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places: dict[int, tuple[int, int, int]] = {}  # number → type, offset or stream, index
        for number, body in sorted(self._streams.items()):
            places[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        packed = sorted(self._objects.items())
        for start in range(0, len(packed), _PER_STREAM):
            batch = packed[start : start + _PER_STREAM]
            number = self._number()
            places[number] = (1, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, _object_stream(batch))
            for index, (inside, _) in enumerate(batch):
                places[inside] = (2, number, index)
        number = self._number()
        start = len(out)
        places[number] = (1, start, 0)
        rows = bytearray(b"\0" * 5 + b"\xff\xff")
        for each in range(1, number + 1):
            kind, place, index = places.get(each, (0, 0, 0xFFFF))
            rows += bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        table = zlib.compress(bytes(rows), 9)
        out += b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root 1 0 R" % (number, number + 1)
        out += b"/Filter/FlateDecode/Length %d>>stream\n%b\nendstream\nendobj\n" % (
            len(table),
            table,
        )
        out += b"startxref\n%d\n%%%%EOF\n" % start
        return bytes(out)


_NOWHERE = DictionaryObject()  # what an array's entry is asked about in


def _object_stream(batch: Sequence[tuple[int, bytes]]) -> bytes:
    """PDF 1.7, 7.5.7: numbers and offsets first, then the objects."""
    heads, bodies, offset = [], [], 0
    for number, body in batch:
        heads.append(b"%d %d" % (number, offset))
        bodies.append(body)
        offset += len(body) + 1
    head = b" ".join(heads) + b" "
    content = zlib.compress(head + b"\n".join(bodies), 9)
    return b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (
        len(batch),
        len(head),
        len(content),
        content,
    )


def _identity(reference: IndirectObject) -> tuple[int, int]:
    return reference.idnum, reference.generation


def _resolved(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _inherited(page: DictionaryObject, name: str) -> Any:
    node: Any = page
    for _ in range(_DEEPEST):
        if name in node:
            return node.raw_get(name)
        parent = node.get("/Parent")
        if not isinstance(parent, DictionaryObject):
            return None
        node = parent
    return None


# Names are bytes (PDF 1.7, 7.3.5), and some viewers read those of fonts in the encoding of their
# country. pypdf makes text of them, and would write other bytes: with latin1 each byte comes back.
NameObject.CHARSETS = ("latin1",)  # type: ignore[assignment]
_REGULAR = frozenset(range(0x21, 0x7F)) - frozenset(b"#()<>[]{}/%")


def _name(name: str) -> bytes:
    written = name[1:].encode("latin1", "replace")
    return b"/" + b"".join(
        b"%c" % byte if byte in _REGULAR else b"#%02X" % byte for byte in written
    )
