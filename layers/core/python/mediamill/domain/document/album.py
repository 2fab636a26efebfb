"""Several pictures to one PDF: an archive of pictures (CBZ) in, a page for each of them out.

JPEGs go in as they are; the others are decoded and packed without loss. PDFium writes the PDF.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageOps, ImageSequence

from mediamill.domain.errors import Broken, PasswordRequired, TooLarge, Unprocessable
from mediamill.domain.limits import MEGA, Limits
from mediamill.domain.signatures import format_of

_MOST = 2_000  # pages
_ENTRIES = 10_000
_EXPANDED = 500 * MEGA  # bytes of all pictures; they are packed already
_DECODED = 1_000 * MEGA  # pixels of those that are no JPEG: about a minute's work

# What Pillow reads by itself, by the names of `signatures`.
_FORMATS = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "tiff": "TIFF",
    "bmp": "BMP",
    "jp2": "JPEG2000",
    "avif": "AVIF",
}
_DPI = 150  # where a picture does not say: then a page's picture has its pixels
_LIKELY_DPI = range(50, 1_201)  # 72 and 96 are what cameras say who know nothing of paper
_LONGEST = 14_400  # points a side: ISO 32000-1, annex C
_SHEET = (595, 842)  # A4, for a picture that cannot be read
_TURNED = {1: 0, 3: 180, 6: 90, 8: 270}  # EXIF's orientations that are no mirror images
_MADE_AT = re.compile(rb"/CreationDate\([^()]*\)")
_ID = re.compile(rb"<[0-9A-F]{32}>")
_ORIENTATION = 0x0112


def is_album(source: bytes) -> bool:
    """Whether these are the bytes of an archive, and not of a PDF."""
    return source.startswith(b"PK\x03\x04")


def bind(source: bytes, limits: Limits | None = None) -> bytes:
    """The PDF of an archive's pictures, in the natural order of their names: 2 before 10.

    A TIFF of several pages becomes as many; a picture that cannot be read, or has more than
    `limits.pixels`, an empty sheet. What is no picture is left out. Raises TooLarge,
    PasswordRequired, or Broken where there is no picture at all.
    """
    binder = _Binder(limits or Limits())
    with closing(binder.document):
        try:
            with zipfile.ZipFile(io.BytesIO(source)) as archive:
                for picture in _pictures(archive):
                    binder.add(picture)
        except (Unprocessable, MemoryError):
            raise
        except Exception as error:  # zipfile meets torn archives with many kinds of exceptions
            raise Broken(
                "The archive is damaged: it cannot be read to the end.", code="broken_document"
            ) from error
        if not binder.is_begun:
            raise Broken("The archive has no picture.", code="broken_document")
        written = io.BytesIO()
        binder.document.save(written)
    return _without_chance(written.getvalue(), source)


def _without_chance(body: bytes, source: bytes) -> bytes:
    """The PDF without the time of its making, and with a name that follows from its source.

    A try that is repeated has to store the same again. Nothing moves: offsets stay right.
    """
    body = _MADE_AT.sub(lambda found: b" " * len(found[0]), body, count=1)
    named = hashlib.sha256(source).hexdigest()[:32].encode()
    start = body.rindex(b"trailer")
    return body[:start] + _ID.sub(b"<" + named + b">", body[start:])


def _pictures(archive: zipfile.ZipFile) -> Iterator[bytes]:
    entries = sorted(archive.infolist(), key=lambda entry: _natural(entry.filename))
    if len(entries) > _ENTRIES:
        raise TooLarge(f"The archive has {len(entries):,} parts; {_ENTRIES:,} are allowed.")
    expanded = sum(entry.file_size for entry in entries)
    if expanded > _EXPANDED:
        raise TooLarge(
            f"The archive expands to {expanded // MEGA:,} MB; {_EXPANDED // MEGA:,} MB are allowed."
        )
    for entry in entries:
        parts = entry.filename.split("/")
        if entry.is_dir() or parts[-1].startswith(".") or "__MACOSX" in parts:
            continue
        if entry.flag_bits & 1:
            raise PasswordRequired("The archive is encrypted with a password.")
        with archive.open(entry) as part:
            head = part.read(1_024)
            if format_of(head) in _FORMATS:
                yield head + part.read()


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """What `1`, `2`, `10` are sorted by, also inside of names and folders."""
    pieces = re.split(r"([0-9]{1,18})", name.casefold())
    return [
        (not piece.isdecimal(), int(piece) if piece.isdecimal() else 0, piece) for piece in pieces
    ]


@dataclass(slots=True)
class _Binder:
    limits: Limits
    document: pypdfium2.PdfDocument
    is_begun: bool
    decoded: int

    def __init__(self, limits: Limits) -> None:
        self.limits, self.decoded, self.is_begun = limits, 0, False
        self.document = pypdfium2.PdfDocument.new()

    def add(self, body: bytes) -> None:
        """Add the pages of one picture. Raises TooLarge past a bound."""
        self.is_begun = True
        try:
            with Image.open(io.BytesIO(body), formats=list(_FORMATS.values())) as picture:
                self._add(picture, body)
        except (Unprocessable, MemoryError):
            raise
        except Exception:  # and so does Pillow broken pictures
            self._page(*_SHEET).close()

    def _add(self, picture: Image.Image, body: bytes) -> None:
        turned = _TURNED.get(picture.getexif().get(_ORIENTATION, 1))
        if picture.format == "JPEG" and turned is not None:
            self._check(picture)
            image = pypdfium2.PdfImage.new(self.document)
            image.load_jpeg(io.BytesIO(body), inline=True)
            self._place(image, picture, turned)
            return
        frames = ImageSequence.Iterator(picture) if picture.format == "TIFF" else [picture]
        for frame in frames:
            self._check(frame)
            self.decoded += frame.width * frame.height
            if self.decoded > _DECODED:
                raise TooLarge(f"The pictures have more than {_DECODED // MEGA:,} megapixels.")
            shown = _on_white(ImageOps.exif_transpose(frame))
            image = pypdfium2.PdfImage.new(self.document)
            image.set_bitmap(pypdfium2.PdfBitmap.from_pil(shown))
            self._place(image, shown, 0)

    def _check(self, picture: Image.Image) -> None:
        if picture.width * picture.height > self.limits.pixels:
            raise ValueError("too many pixels")

    def _place(self, image: pypdfium2.PdfImage, picture: Image.Image, turned: int) -> None:
        width, height = _points(picture)
        page = self._page(width, height)
        image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
        page.insert_obj(image)
        page.gen_content()
        page.set_rotation(turned)
        page.close()

    def _page(self, width: float, height: float) -> pypdfium2.PdfPage:
        if len(self.document) >= _MOST:
            raise TooLarge(f"The pictures have more than {_MOST:,} pages.")
        return self.document.new_page(width, height)


def _points(picture: Image.Image) -> tuple[float, float]:
    """The paper for a picture, by the resolution that it states; 150 dpi where it states none."""
    stated = picture.info.get("dpi")
    across = stated[0] if isinstance(stated, tuple) and stated else 0
    dpi = float(across) if round(float(across)) in _LIKELY_DPI and across not in (72, 96) else _DPI
    scale = min(72 / dpi, _LONGEST / max(picture.size))
    return max(1.0, picture.width * scale), max(1.0, picture.height * scale)


def _on_white(picture: Image.Image) -> Image.Image:
    """As L or RGB, without loss but for transparency, which shows white paper."""
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        picture = paper
    if picture.mode.startswith("I;16"):
        return picture.point(lambda level: level / 257).convert("L")
    return picture.convert("RGB")
