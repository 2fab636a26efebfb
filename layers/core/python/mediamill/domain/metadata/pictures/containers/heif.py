"""HEIF and AVIF: the meta box (ISO/IEC 23008-12), its items and their properties."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.boxes import Box, boxes
from mediamill.domain.metadata.reading.window import Window

MOST_META = 4 * 1024 * 1024
MOST_ITEMS = 5_000
MOST_EXTENTS = 64  # of one item; that their fields may have no size makes more of them free
LONGEST_BLOCK = 4 * 1024 * 1024

_AVIF = {b"avif", b"avis"}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_SEQUENCES = {b"avis", b"msf1", b"hevc", b"hevx"}
_SUBSAMPLED_SPACES = {1: "gray", 3: "rgb", 4: "rgb"}


@dataclass(slots=True)
class _Item:
    kind: bytes = b""
    content_type: bytes = b""
    properties: list[int] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    in_meta: bool = False


def read_heif(window: Window) -> PictureHeader:
    """The header of the primary item, and the EXIF and XMP items beside it."""
    header = PictureHeader("heif", has_alpha=False, is_animated=False, rotates_itself=True)
    meta = None
    for box in boxes(window):
        if box.kind == b"ftyp":
            brands = _brands(box.body(256))
            header.format = _format(brands)
            header.is_animated = bool(brands[:1] and brands[0] in _SEQUENCES)
        elif box.kind == b"meta" and meta is None:
            meta = box
        elif box.kind == b"mdat":
            header.truncated = header.truncated or not box.whole
            if meta is not None:  # what comes after the pixels would cost a request to see
                break
    if meta is None or not meta.whole or meta.window.length > MOST_META:
        header.truncated = header.truncated or meta is None or not meta.whole
        return header
    _Meta(window, meta).fill(header)
    return header


def _brands(body: bytes) -> list[bytes]:
    return [body[:4]] + [body[at : at + 4] for at in range(8, len(body) - 3, 4)]


def _format(brands: list[bytes]) -> str:
    if any(brand in _AVIF for brand in brands):
        return "avif"
    return "heic" if any(brand in _HEIC for brand in brands) else "heif"


class _Meta:
    """The meta box: which item is the picture, what the items are and where they stand."""

    def __init__(self, window: Window, meta: Box) -> None:
        self._window = window
        self.items: dict[int, _Item] = {}
        self.primary: int | None = None
        self.properties: list[Box] = []
        self.references: list[tuple[bytes, int, list[int]]] = []
        self._data_offset: int | None = None
        inside = {box.kind: box for box in boxes(meta.window, start=4)}
        if box := inside.get(b"idat"):
            self._data_offset = box.offset + meta.offset
        for kind, read in (
            (b"pitm", self._read_primary),
            (b"iinf", self._read_items),
            (b"iloc", self._read_places),
            (b"iprp", self._read_properties),
            (b"iref", self._read_references),
        ):
            if box := inside.get(kind):
                read(box.window)

    def fill(self, header: PictureHeader) -> None:
        """Everything that concerns the primary item."""
        if self.primary is None:
            return
        turned = self._describe(self.items.get(self.primary, _Item()), header)
        if turned:
            header.width, header.height = header.height, header.width
        if not header.icc:
            header.icc = self._tiles_profile()
        for kind, source, targets in self.references:
            if kind == b"auxl" and self.primary in targets and self._is_alpha(source):
                header.has_alpha = True
        about = {
            source
            for kind, source, targets in self.references
            if kind == b"cdsc" and self.primary in targets
        }
        for number, item in self.items.items():
            if about and number not in about:
                continue
            if item.kind == b"Exif" and not header.exif:
                header.exif = _exif(self._content(item))
            elif item.kind == b"mime" and item.content_type == b"application/rdf+xml":
                header.xmp.append(self._content(item))

    def _describe(self, item: _Item, header: PictureHeader) -> bool:
        """Whether the item is shown turned by a quarter."""
        turned = False
        for index in item.properties:
            if not 1 <= index <= len(self.properties):
                continue
            box = self.properties[index - 1]
            body = box.body(64)
            if box.kind == b"ispe" and len(body) >= 12:
                header.width = int.from_bytes(body[4:8])
                header.height = int.from_bytes(body[8:12])
            elif box.kind == b"irot" and body:
                turned = body[0] & 3 in (1, 3)
            elif box.kind == b"pixi" and len(body) > 5:
                header.bit_depth = body[5]
                header.color_space = _SUBSAMPLED_SPACES.get(body[4])
            elif box.kind == b"av1C" and len(body) > 3 and header.bit_depth is None:
                header.bit_depth = 8 if not body[2] & 0x40 else 12 if body[2] & 0x20 else 10
            elif box.kind == b"hvcC" and len(body) > 18 and header.bit_depth is None:
                header.bit_depth = 8 + (body[17] & 7)
            elif box.kind == b"colr" and body[:4] in (b"prof", b"rICC"):
                header.icc = box.body(LONGEST_BLOCK)[4:]
        return turned

    def _tiles_profile(self) -> bytes:
        """The profile of the first tile that the primary item is put together from."""
        for kind, source, targets in self.references:
            if kind == b"dimg" and source == self.primary and targets:
                tile = PictureHeader("heif")
                self._describe(self.items.get(targets[0], _Item()), tile)
                return tile.icc
        return b""

    def _is_alpha(self, number: int) -> bool:
        names = (
            self.properties[index - 1].body(100)
            for index in self.items.get(number, _Item()).properties
            if 1 <= index <= len(self.properties) and self.properties[index - 1].kind == b"auxC"
        )
        return any(b":alpha" in name or b"auxid:1" in name for name in names)

    def _content(self, item: _Item) -> bytes:
        parts = []
        left = LONGEST_BLOCK
        for offset, length in item.extents[:MOST_EXTENTS]:
            if item.in_meta:
                if self._data_offset is None:
                    continue
                offset += self._data_offset
            part = self._window.at(offset, min(length, left))
            left -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _read_primary(self, window: Window) -> None:
        body = window.at(0, 8)
        if len(body) >= 6:
            self.primary = int.from_bytes(body[4:8] if body[0] else body[4:6])

    def _read_items(self, window: Window) -> None:
        version = window.at(0, 1)
        for box in boxes(window, start=6 if version == b"\0" else 8):
            body = box.body(200)
            if box.kind != b"infe" or len(body) < 12 or body[0] < 2:
                continue
            wide = body[0] > 2
            number = int.from_bytes(body[4 : 8 if wide else 6])
            rest = body[10 if wide else 8 :]
            item = self._item(number)
            item.kind = rest[:4]
            names = rest[4:].split(b"\0")
            item.content_type = names[1] if len(names) > 1 else b""

    def _read_places(self, window: Window) -> None:
        body = _Cursor(window.at(0, MOST_META))
        version, _, sizes = body.number(1), body.number(3), body.number(2)
        offset_size, length_size = sizes >> 12, sizes >> 8 & 15
        base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
        for _ in range(min(body.number(4 if version == 2 else 2), MOST_ITEMS)):
            number = body.number(4 if version == 2 else 2)
            method = body.number(2) & 15 if version else 0
            body.number(2)
            base = body.number(base_size)
            item = self._item(number)
            item.in_meta = method == 1
            count = body.number(2)
            for _ in range(min(count, MOST_EXTENTS)):
                body.number(index_size)
                start = base + body.number(offset_size)
                item.extents.append((start, body.number(length_size)))
            body.skip((count - MOST_EXTENTS) * (index_size + offset_size + length_size))
            if body.ended:
                return

    def _read_properties(self, window: Window) -> None:
        for box in boxes(window):
            if box.kind == b"ipco":
                self.properties = list(boxes(box.window))
            elif box.kind == b"ipma":
                body = _Cursor(box.body(MOST_META))
                version, flags = body.number(1), body.number(3)
                for _ in range(min(body.number(4), MOST_ITEMS)):
                    item = self._item(body.number(4 if version else 2))
                    for _ in range(body.number(1)):
                        index = body.number(2) & 0x7FFF if flags & 1 else body.number(1) & 0x7F
                        item.properties.append(index)
                    if body.ended:
                        return

    def _read_references(self, window: Window) -> None:
        wide = 4 if window.at(0, 1) == b"\1" else 2
        for box in boxes(window, start=4):
            body = _Cursor(box.body(MOST_ITEMS))
            source, count = body.number(wide), body.number(2)
            targets = [body.number(wide) for _ in range(min(count, MOST_ITEMS // wide))]
            self.references.append((box.kind, source, targets))

    def _item(self, number: int) -> _Item:
        if number not in self.items and len(self.items) >= MOST_ITEMS:
            return _Item()
        return self.items.setdefault(number, _Item())


class _Cursor:
    """Big-endian numbers one after the other; zeros once the bytes have ended."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def ended(self) -> bool:
        """Whether more was asked for than there was."""
        return self._at > len(self._body)

    def skip(self, size: int) -> None:
        """Leave out what stands next, if it is anything."""
        self._at += max(0, size)

    def number(self, size: int) -> int:
        """The next number of `size` bytes."""
        self._at += size
        return int.from_bytes(self._body[self._at - size : self._at])


def _exif(content: bytes) -> bytes:
    """An Exif item begins with the distance to its TIFF structure."""
    return content[4 + int.from_bytes(content[:4]) :]
