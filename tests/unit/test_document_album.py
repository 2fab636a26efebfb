"""Several pictures to one PDF: which pages there are, in which order, and what is on them."""

from __future__ import annotations

import contextlib
import io
import random
import time
import zipfile
from collections.abc import Mapping

import pytest
from PIL import Image, ImageOps

from mediamill.domain.derivative import Product
from mediamill.domain.detect import detect
from mediamill.domain.document import Opened, PageRange, Wanted, begin, make, make_part
from mediamill.domain.document import album as album_module
from mediamill.domain.document.album import bind
from mediamill.domain.document.embedded import embedded
from mediamill.domain.document.open import Document, open_document
from mediamill.domain.document.raster import Raster, raster_size
from mediamill.domain.errors import Broken, PasswordRequired, TooLarge, Unprocessable
from mediamill.domain.kind import Kind
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

NOISE = Image.frombytes("RGB", (60, 40), random.Random(7).randbytes(60 * 40 * 3))
RED_LEFT = Image.new("RGB", (60, 40), "blue")
RED_LEFT.paste("red", (0, 0, 30, 40))


def file(picture: Image.Image, format: str, **options: object) -> bytes:
    body = io.BytesIO()
    picture.copy().save(body, format, **options)  # Pillow leaves what it was asked on a picture
    return body.getvalue()


def archive(**files: bytes) -> bytes:
    """An archive of files; two underscores in a name are a slash, one is a dot."""
    return zipped({name.replace("__", "/").replace("_", "."): body for name, body in files.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return body.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file(RED_LEFT, "JPEG", exif=exif, quality=95)


def bound(limits: Limits | None = None, **files: bytes) -> Document:
    return open_document(bind(archive(**files), limits))


def sizes(document: Document) -> list[tuple[float, float]]:
    return [document.page_size(number) for number in range(1, document.page_count + 1)]


def shown(document: Document, page: int = 1) -> Image.Image:
    """The page's picture, a pixel for each of its own."""
    size = raster_size(*document.page_size(page), 150 / 72, 1_000_000)
    return Raster(document, page, size).picture()


def test_pages_come_in_the_order_that_people_number_them() -> None:
    small = {width: file(Image.new("L", (width, 10)), "PNG") for width in (10, 20, 30, 40)}
    found = bound(p10_png=small[30], P2_png=small[20], a__p11_png=small[10], p011_png=small[40])
    assert [round(width * 150 / 72) for width, _ in sizes(found)] == [10, 20, 30, 40]


def test_a_jpeg_goes_in_as_it_is() -> None:
    body = file(NOISE, "JPEG", quality=60)
    (found,) = embedded(bound(a_jpg=body))
    assert found.body == body


@pytest.mark.parametrize(
    ("format", "mode"),
    [("PNG", "RGB"), ("PNG", "L"), ("TIFF", "RGB"), ("BMP", "RGB"), ("PNG", "1"), ("GIF", "L")],
)
def test_any_other_loses_nothing(format: str, mode: str) -> None:
    picture = NOISE.convert(mode)
    (found,) = embedded(bound(a=file(picture, format)))
    inside = Image.open(io.BytesIO(found.body)).convert("RGB")
    assert inside.tobytes() == picture.convert("RGB").tobytes()


def test_a_webp_is_read_too() -> None:
    assert shown(bound(a=file(RED_LEFT, "WEBP", lossless=True))).getpixel((5, 5)) == (255, 0, 0)


def test_transparency_shows_paper() -> None:
    glass = Image.new("RGBA", (60, 40), (255, 0, 0, 0))
    assert shown(bound(a=file(glass, "PNG"))).getpixel((20, 20)) == (255, 255, 255)


def test_sixteen_bits_become_eight_and_keep_their_tones() -> None:
    grey = Image.new("I;16", (60, 40), 0x8080)
    assert shown(bound(a=file(grey, "PNG"))).getpixel((20, 20)) == (128, 128, 128)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(orientation: int) -> None:
    upright = Image.open(io.BytesIO(turned(orientation)))
    expected = ImageOps.exif_transpose(upright).convert("RGB")
    found = shown(bound(a_jpg=turned(orientation)))
    assert found.size == expected.size
    for place in ((8, 8), (found.width - 9, 8), (8, found.height - 9)):
        pairs = zip(pixel(found, place), pixel(expected, place), strict=True)
        assert all(abs(one - other) < 40 for one, other in pairs)


def pixel(picture: Image.Image, place: tuple[int, int]) -> tuple[int, ...]:
    found = picture.getpixel(place)
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def test_every_page_of_a_tiff_is_one() -> None:
    fax = file(NOISE, "TIFF", save_all=True, append_images=[RED_LEFT, NOISE.convert("1")])
    found = bound(a_tif=fax, b_tif=fax)
    assert found.page_count == 6
    assert shown(found, 2).getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("options", "points"),
    [({}, 28.8), ({"dpi": (300, 300)}, 14.4), ({"dpi": (72, 72)}, 28.8), ({"dpi": (9, 9)}, 28.8)],
)
def test_paper_is_as_large_as_a_scanner_says_and_otherwise_150_dpi(
    options: dict[str, object], points: float
) -> None:
    ((width, _),) = sizes(bound(a=file(NOISE, "JPEG", **options)))
    assert round(width, 1) == points


def test_what_cannot_be_read_is_an_empty_sheet_and_keeps_its_number() -> None:
    torn = file(NOISE, "PNG")[:200]
    found = bound(a_png=torn, b_png=file(RED_LEFT, "PNG"), c_jpg=b"\xff\xd8\xff\xe0nothing")
    assert [(round(width), round(height)) for width, height in sizes(found)] == [
        (595, 842),
        (29, 19),
        (595, 842),
    ]
    assert shown(found, 1).getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_wrong_with_it_it_ends_with_a_pdf_or_a_code(seed: int) -> None:
    """Pictures with wrong bytes first, then archives with wrong bytes."""
    chance = random.Random(seed)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    written = [
        file(NOISE, "JPEG", exif=exif),
        file(NOISE, "PNG", exif=exif),
        file(NOISE, "TIFF", exif=exif),
        file(NOISE.convert("P"), "GIF"),
        file(NOISE, "WEBP", exif=exif),
    ]
    for _ in range(12):
        files = {f"{index}": wrong(body, chance) for index, body in enumerate(written)}
        assert 1 <= open_document(bind(zipped(files))).page_count <= 2 * len(written)
        with contextlib.suppress(Unprocessable):
            bind(wrong(zipped(files), chance))


def wrong(body: bytes, chance: random.Random) -> bytes:
    """The bytes with some of them others, mostly among the first, where the structure is."""
    changed = bytearray(body)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(4, chance.choice((40, 200, len(body))))
        changed[place] = chance.randrange(256)
    return bytes(changed)


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    found = bound(Limits(pixels=2_399), a_png=file(NOISE, "PNG"), b_jpg=file(NOISE, "JPEG"))
    assert [round(width) for width, _ in sizes(found)] == [595, 595]


def test_leaves_out_what_is_no_picture() -> None:
    png = file(NOISE, "PNG")
    files = {"ComicInfo.xml": b"<a/>", "a.png": png, "__MACOSX/b.png": png, "d/._a.png": png}
    assert open_document(bind(zipped(files))).page_count == 1


def test_an_archive_without_a_picture_is_refused() -> None:
    with pytest.raises(Broken) as raised:
        bind(archive(a_txt=b"words"))
    assert raised.value.code == "broken_document"


def test_a_torn_archive_is_refused() -> None:
    with pytest.raises(Broken):
        bind(archive(a_png=file(NOISE, "PNG"))[:-40])


def test_a_locked_archive_says_so() -> None:
    body = bytearray(archive(a_png=file(NOISE, "PNG")))
    body[body.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PasswordRequired):
        bind(bytes(body))


@pytest.mark.parametrize("bound_name", ["_MOST", "_ENTRIES", "_EXPANDED", "_DECODED"])
def test_refuses_what_is_too_much(bound_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(album_module, bound_name, 1)
    with pytest.raises(TooLarge):
        bind(archive(a_png=file(NOISE, "PNG"), b_png=file(NOISE, "PNG")))


SOURCE = archive(a_png=file(RED_LEFT, "PNG"), b_png=file(NOISE, "PNG"), c_png=file(NOISE, "PNG"))


def test_becomes_all_that_a_pdf_does_and_the_pdf() -> None:
    wanted = Wanted(profiles=parse_profiles("thumbnail=30"), clean=True, excerpt=PageRange(1, 1))
    made = list(make(SOURCE, wanted))
    assert [(each.name, each.format, each.page) for each in made] == [
        ("pdf", "pdf", None),
        ("thumbnail", "webp", None),
        ("text", "text", None),
        ("text", "json", None),
        ("pages", "webp", 1),
        ("pages", "webp", 2),
        ("pages", "webp", 3),
    ]


def test_a_repeat_makes_the_very_same() -> None:
    """Or else two tries at once would each find the other's PDF in the place of theirs."""
    once = bind(SOURCE)
    later = time.time() + 1.1
    while time.time() < later:  # PDFium writes the second down
        time.sleep(0.1)
    assert bind(SOURCE) == once
    assert bind(archive(a_png=file(NOISE, "PNG"))) != once


def test_a_long_one_is_divided_like_a_pdf() -> None:
    opened, *made = begin(SOURCE, Wanted(), pages_at_once=1)
    assert opened == Opened(3)
    products = [each for each in made if isinstance(each, Product)]
    for part in made:
        if not isinstance(part, Product | Opened):
            products += make_part(SOURCE, Wanted(), part)
    assert products == list(make(SOURCE, Wanted()))


def test_only_its_extension_makes_an_archive_of_pictures_a_document() -> None:
    found = detect(SOURCE, "scans/holiday.cbz")
    assert (found.kind, found.content_type) == (Kind.DOCUMENT, "application/vnd.comicbook+zip")
    assert detect(SOURCE, "scans/holiday.zip").kind is Kind.OTHER
    assert detect(b"no archive", "holiday.cbz").kind is not Kind.DOCUMENT
