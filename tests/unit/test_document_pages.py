"""Page pictures: size, place, order and what is drawn on them."""

from __future__ import annotations

import io

import pytest
from made import pdf
from PIL import Image

from mediamill.domain.document import first_page, open_document, pages
from mediamill.domain.document.encode import Encoding, encodings_of
from mediamill.domain.document.raster import raster_size
from mediamill.domain.limits import Limits
from mediamill.domain.page_size import PageSize
from mediamill.domain.profile import Effort, Fit, Format, Profile, parse_profiles

RED_LEFT = b"1 0 0 rg 0 0 100 100 re f"


def picture(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body)).convert("RGB")


def test_gives_every_page_at_150_dpi() -> None:
    with open_document(pdf.document([b"", b"", b""])) as document:
        products = list(pages(document))
    assert [product.page for product in products] == [1, 2, 3]
    assert {(product.width, product.height) for product in products} == {(417, 209)}
    assert {product.content_type for product in products} == {"image/webp"}
    assert picture(products[0].body).size == (417, 209)


def test_gives_only_the_pages_asked_for() -> None:
    with open_document(pdf.document([b""] * 5)) as document:
        assert [product.page for product in pages(document, 2, 4)] == [2, 3, 4]


def test_stops_at_the_limit_and_says_so_on_the_last_page() -> None:
    with open_document(pdf.document([b""] * 5)) as document:
        products = list(pages(document, limits=Limits(pages=3)))
    assert [(product.page, product.truncated) for product in products] == [
        (1, False),
        (2, False),
        (3, True),
    ]


def test_is_not_truncated_when_the_limit_is_just_met() -> None:
    with open_document(pdf.document([b""] * 3)) as document:
        assert not any(product.truncated for product in pages(document, limits=Limits(pages=3)))


def test_turns_a_page_as_its_rotation_says() -> None:
    turned = pdf.document([RED_LEFT], page_entries=b"/Rotate 90")
    with open_document(turned) as document:
        (product,) = pages(document)
    shown = picture(product.body)
    assert shown.size == (209, 417)
    # The left half becomes the upper half when the page is turned clockwise.
    assert shown.getpixel((104, 100)) == pytest.approx((255, 0, 0), abs=12)
    assert shown.getpixel((104, 300)) == pytest.approx((255, 255, 255), abs=12)


def test_shows_the_crop_box_and_no_more() -> None:
    cropped = pdf.document([RED_LEFT], page_entries=b"/CropBox[100 0 200 100]")
    with open_document(cropped) as document:
        (product,) = pages(document)
    assert (product.width, product.height) == (209, 209)
    assert picture(product.body).getpixel((50, 100)) == (255, 255, 255)


def test_draws_annotations() -> None:
    square = b"<</Type/Annot/Subtype/Square/Rect[20 20 80 80]/F 4/AP<</N 11 0 R>>>>"
    appearance = pdf.stream(
        b"0 0 1 rg 0 0 60 60 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 60 60]"
    )
    made = pdf.document([b""], page_entries=b"/Annots[10 0 R]", more={10: square, 11: appearance})
    with open_document(made) as document:
        (product,) = pages(document)
    assert picture(product.body).getpixel((104, 104)) == pytest.approx((0, 0, 255), abs=12)


def test_draws_the_values_of_form_fields() -> None:
    field = (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(WWWW)/Rect[20 20 180 80]/F 4"
        b"/DA(/F 40 Tf 0 g)/P 1000 0 R>>"
    )
    made = pdf.document(
        [b""],
        page_entries=b"/Annots[10 0 R]",
        catalog_entries=(
            b"/AcroForm<</Fields[10 0 R]/DR<</Font<</F 3 0 R>>>>/NeedAppearances true>>"
        ),
        more={10: field},
    )
    with open_document(made) as document:
        (product,) = pages(document)
    darkest, _ = picture(product.body).convert("L").getextrema()
    assert isinstance(darkest, (int, float)) and darkest < 60


def test_keeps_a_page_within_the_raster_limit() -> None:
    with open_document(pdf.document([b""], box=b"[0 0 14400 14400]")) as document:
        (product,) = pages(document, limits=Limits(page_pixels=1_000_000))
    assert (product.width, product.height) == (999, 1000)


@pytest.mark.parametrize(
    ("width", "height", "scale", "pixels"),
    [(14_400, 1, 2, 25_000_000), (1, 14_400, 100, 100), (0.001, 0.001, 2, 100), (3, 3, 9, 1)],
)
def test_sizes_any_raster_within_pixels_and_sides(
    width: float, height: float, scale: float, pixels: int
) -> None:
    across, down = raster_size(width, height, scale, pixels)
    assert across >= 1 and down >= 1
    assert across * down <= pixels
    assert max(across, down) <= 16_383


@pytest.mark.parametrize("format", list(Format))
def test_writes_every_format(format: Format) -> None:
    with open_document(pdf.document([RED_LEFT])) as document:
        (product,) = pages(document, encodings=[Encoding(format)])
    assert product.content_type == f"image/{format.value}"
    assert picture(product.body).getpixel((100, 100)) == pytest.approx((255, 0, 0), abs=12)


def test_writes_each_page_in_each_format_from_one_drawing() -> None:
    profiles = parse_profiles("large=1920", "webp,jpeg,png", qualities="jpeg=30", effort="small")
    encodings = encodings_of(profiles)
    assert Encoding(Format.JPEG, 30, Effort.SMALL) in encodings
    grey = b"0.4 g 0 0 200 100 re f 0.41 g 0 0 10 10 re f"  # a drawing, which WebP simplifies
    with open_document(pdf.document([grey, b""])) as document:
        products = list(pages(document, encodings=encodings))
        alone = {
            encoding.format.value: next(iter(pages(document, encodings=[encoding]))).body
            for encoding in encodings
        }
    assert sorted((product.page, product.format) for product in products) == [
        (page, format) for page in (1, 2) for format in ("jpeg", "png", "webp")
    ]
    assert {product.format: product.body for product in products if product.page == 1} == alone


@pytest.mark.parametrize(
    ("written", "expected"), [("72dpi", (201, 100)), ("300dpi", (835, 417)), ("640px", (640, 320))]
)
def test_draws_pages_as_large_as_asked(written: str, expected: tuple[int, int]) -> None:
    with open_document(pdf.document([RED_LEFT])) as document:
        (product,) = pages(document, page_size=PageSize.parse(written))
    assert (product.width, product.height) == expected == picture(product.body).size


@pytest.mark.parametrize("written", ["", "150", "0dpi", "-1px", "1600 px", "1e3px", "999999dpi"])
def test_refuses_another_size(written: str) -> None:
    with pytest.raises(ValueError, match="150dpi"):
        PageSize.parse(written)


def test_draws_the_first_page_as_large_as_the_largest_box_needs() -> None:
    boxes = [Profile("thumbnail", 256, 256), Profile("large", 1920, 1920)]
    with open_document(pdf.document([RED_LEFT])) as document:
        shown = first_page(document, boxes)
    assert shown.mode == "RGB"
    assert shown.size == (1920, 960)


def test_draws_the_first_page_to_fill_a_box_that_it_must_cover() -> None:
    with open_document(pdf.document([RED_LEFT])) as document:
        assert first_page(document, [Profile("t", 300, 300, Fit.COVER)]).size == (600, 300)
