"""Files whose structure is made at random: right in their syntax, anything in what they say.

Damaged bytes mostly break a file where it begins; these get past that, to types, nesting, counts
and pointers that no writer means.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from made.heads import box
from made.pdf import pdf, stream

_PDF_KEYS = (
    *("Pages", "Kids", "Count", "Type", "MediaBox", "CropBox", "Rotate", "Resources", "Contents"),
    *("Font", "FontDescriptor", "DescendantFonts", "XObject", "Annots", "Parent", "AcroForm"),
    *("Fields", "FT", "V", "XFA", "Names", "EmbeddedFiles", "JavaScript", "OpenAction", "AA", "A"),
    *("Next", "S", "Lang", "MarkInfo", "Marked", "Metadata", "Version", "Title", "Author", "F"),
    *("Keywords", "CreationDate", "ModDate", "Length", "Filter", "DecodeParms", "Subtype", "UF"),
)
_PDF_NAMES = (
    "Page",
    "Pages",
    "Catalog",
    "Font",
    "Form",
    "Type0",
    "Sig",
    "JavaScript",
    "FlateDecode",
)
_NUMBERS = (0, 1, -1, 2, 3, 255, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 10**30)


def pdf_of(chance: random.Random) -> bytes:
    """A PDF with a true table of objects that refer to each other in any way."""
    count = chance.randint(3, 14)
    objects = {number: _pdf_object(chance, count, 0) for number in range(1, count + 1)}
    for number in range(1, count + 1):
        if chance.random() < 0.25:
            length = chance.choice([b"", b"/Length 1e9", b"/Length [1]", b"/Filter/FlateDecode"])
            objects[number] = stream(chance.randbytes(40), length)
    kids = b"/Kids[%b]" % b" ".join(b"%d 0 R" % chance.randint(1, count) for _ in range(4))
    objects[1] = b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R%b>>" % _pdf_entries(chance, count, 1)
    objects[2] = b"<</Type/Pages/Count %d%b%b>>" % (
        chance.choice(_NUMBERS),
        kids,
        _pdf_entries(chance, count, 1),
    )
    info = b"/Info %d 0 R" % chance.randint(1, count)
    return pdf(objects, trailer=chance.choice([b"", info, b"/Encrypt 3 0 R" + info]))


def _pdf_object(chance: random.Random, count: int, depth: int) -> bytes:
    kind = chance.randrange(9 if depth < 4 else 6)
    match kind:
        case 0:
            return str(chance.choice(_NUMBERS)).encode()
        case 1:
            return chance.choice([b"1.5", b"-.0", b"99999999999999999999.9", b"true", b"null"])
        case 2:
            return b"/" + chance.choice(_PDF_NAMES).encode()
        case 3:
            return b"(%b)" % chance.choice([b"", b"D:20240101", b"\xfe\xff\0a", b"text", b"\\377"])
        case 4 | 5:
            return b"%d 0 R" % chance.randint(1, count + 2)
        case 6:
            depth_of = chance.choice([1, 1, 1, 300, 3_000])
            return b"[" * depth_of + b"1" + b"]" * depth_of
        case 7:
            inside = [_pdf_object(chance, count, depth + 1) for _ in range(chance.randrange(5))]
            return b"[%b]" % b" ".join(inside)
        case _:
            return b"<<%b>>" % _pdf_entries(chance, count, depth + 1)


def _pdf_entries(chance: random.Random, count: int, depth: int) -> bytes:
    keys = chance.sample(_PDF_KEYS, chance.randrange(8))
    return b"".join(b"/%b %b" % (key.encode(), _pdf_object(chance, count, depth)) for key in keys)


_TAGS = (
    *(256, 257, 258, 262, 270, 271, 274, 277, 306, 315, 330, 338, 700, 33432, 33723, 34377),
    *(34665, 34675, 34853, 36867, 37510, 40091, 0, 1, 2, 3, 4, 5, 6, 7, 29, 42034),
)


def tiff_of(chance: random.Random) -> bytes:
    """A TIFF whose directories have any tag of any type and count, and point anywhere."""
    order = chance.choice("<>")
    big = chance.random() < 0.25
    size = 600
    word, entry = ("Q", "HHQQ") if big else ("I", "HHII")
    body = bytearray(chance.randbytes(size))
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}H", 43 if big else 42)
    head += struct.pack(f"{order}HHQ", 8, 0, 16) if big else struct.pack(f"{order}I", 8)
    body[: len(head)] = head
    at = len(head)
    for _ in range(chance.randint(1, 3)):
        entries = b"".join(
            struct.pack(
                f"{order}{entry}",
                chance.choice(_TAGS),
                chance.choice([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 18, 99]),
                chance.choice([0, 1, 2, 3, 4, 8, 100, 2**20, 2**32 - 1]),
                chance.choice([0, 1, 6, 8, 16, 50, 100, 300, size, 2**31, 2**32 - 1]),
            )
            for _ in range(chance.randint(1, 12))
        )
        number = len(entries) // struct.calcsize(f"{order}{entry}")
        following = chance.choice([0, 8, at, 100, 2**32 - 1])
        directory = struct.pack(f"{order}{'Q' if big else 'H'}", number) + entries
        directory += struct.pack(f"{order}{word}", following)
        body[at : at + len(directory)] = directory
        at += len(directory)
    return bytes(body)


_BOXES = (
    *(b"meta", b"iinf", b"infe", b"iloc", b"iprp", b"ipco", b"ipma", b"iref", b"pitm", b"ispe"),
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hdlr", b"mvhd", b"udta", b"mdat"),
    *(b"jp2h", b"ihdr", b"colr", b"xml ", b"uuid", b"Exif", b"jxlc", b"irot", b"pixi", b"idat"),
)


def boxes_of(chance: random.Random) -> bytes:
    """An ISO picture or film of boxes inside of boxes, with sizes and versions of any kind."""
    brand = chance.choice([b"heic", b"avif", b"mif1", b"isom", b"qt  "])
    start = box(b"ftyp", brand, bytes(4), brand)
    return start + b"".join(_box(chance, 0) for _ in range(chance.randint(1, 6)))


def _box(chance: random.Random, depth: int) -> bytes:
    inside = chance.choice([b"", bytes(4), bytes([chance.randrange(4), 0, 0, 1])])
    if depth < 7 and chance.random() < 0.7:
        inside += b"".join(_box(chance, depth + 1) for _ in range(chance.randint(1, 5)))
    else:
        inside += chance.randbytes(chance.randrange(40))
    made = bytearray(box(chance.choice(_BOXES), inside))
    if chance.random() < 0.1:
        made[:4] = struct.pack(">I", chance.choice([0, 1, 7, 8, 2**31, 2**32 - 1]))
    return bytes(made)


def xmp_of(chance: random.Random) -> bytes:
    """A JPEG with an XMP packet of structures in lists in structures."""
    depth = chance.choice([3, 50, 20_000])
    opened, closed = _NESTS[chance.randrange(len(_NESTS))]
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description>'
        + (opened * depth + b"x" + closed * depth)[:60_000]
        + b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    body = b"http://ns.adobe.com/xap/1.0/\0" + packet
    segment = b"\xff\xe1" + struct.pack(">H", min(len(body) + 2, 65_535)) + body[:65_533]
    return b"\xff\xd8" + segment + b"\xff\xda\0\x02\xff\xd9"


_NESTS = (
    (b"<dc:title>", b"</dc:title>"),
    (b"<dc:a><rdf:Bag><rdf:li>", b"</rdf:li></rdf:Bag></dc:a>"),
    (b"<dc:a><rdf:Alt><rdf:li>", b"</rdf:li></rdf:Alt></dc:a>"),
    (b"<rdf:Description><dc:b>", b"</dc:b></rdf:Description>"),
)

STRUCTURES: dict[str, tuple[Callable[[random.Random], bytes], str]] = {
    "pdf": (pdf_of, "application/pdf"),
    "tiff": (tiff_of, "image/tiff"),
    "boxes": (boxes_of, "image/heic"),
    "film": (boxes_of, "video/mp4"),
    "xmp": (xmp_of, "image/jpeg"),
}
"""What is made, by name: the maker, and the media type that it goes through the reader as."""
