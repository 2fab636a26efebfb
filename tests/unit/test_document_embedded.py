"""Pictures inside documents: which are given out, how, and how many."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping

import pytest
from made import pdf
from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.document import Wanted, Whole, make, make_part, open_document
from mediamill.domain.document.embedded import Budget, embedded
from mediamill.domain.limits import Limits

WIDTH, HEIGHT = 40, 30
NOISE = random.Random(12)
RGB = NOISE.randbytes(WIDTH * HEIGHT * 3)
GREY = NOISE.randbytes(WIDTH * HEIGHT)
BITS = NOISE.randbytes(WIDTH // 8 * HEIGHT)
IN_RGB, IN_GREY = b"/ColorSpace/DeviceRGB", b"/ColorSpace/DeviceGray"
MASK = b"/ImageMask true/BitsPerComponent 1"


def image(content: bytes, entries: bytes, *, bits: int = 8, deflated: bool = True) -> bytes:
    size = b"/Width %d/Height %d" % (WIDTH, HEIGHT)
    if b"/ImageMask" not in entries:
        entries += b"/BitsPerComponent %d" % bits
    return pdf.stream(content, b"/Subtype/Image" + size + entries, deflated=deflated)


def shown(*placed: str, images: Mapping[str, bytes], more: Mapping[int, bytes]) -> bytes:
    """A PDF of pages, each of which shows these images by their names."""
    numbers = {name: 10 + index for index, name in enumerate(images)}
    named = b"".join(b"/%b %d 0 R" % (name.encode(), number) for name, number in numbers.items())
    contents = [
        b"".join(b"q 0 50 -70 0 100 20 cm /%b Do Q " % name.encode() for name in page)
        for page in placed
    ]
    objects = {numbers[name]: body for name, body in images.items()} | dict(more)
    whole = pdf.document(contents, page_entries=b"/XObject<<%b>>" % named, more=objects)
    # The page's own entries stand behind its resources: these belong into them.
    return whole.replace(b">>/XObject<<%b>>" % named, b"/XObject<<%b>>>>" % named)


def pictures_of(
    *placed: str,
    limits: Limits | None = None,
    budget: Budget | None = None,
    **images: bytes | tuple[bytes, bytes],
) -> list[Product]:
    """What is given out of a document; a pair is a picture and its mask."""
    bodies, more = {}, {}
    for index, (name, body) in enumerate(images.items()):
        if isinstance(body, tuple):
            more[500 + index] = body[1]
            body = body[0].replace(b"<<", b"<</SMask %d 0 R" % (500 + index), 1)
        bodies[name] = body
    with open_document(shown(*placed, images=bodies, more=more)) as document:
        return list(embedded(document, limits, budget))


def opened(product: Product) -> Image.Image:
    return Image.open(io.BytesIO(product.body))


def jpeg() -> bytes:
    body = io.BytesIO()
    Image.frombytes("RGB", (WIDTH, HEIGHT), RGB).save(body, "JPEG", quality=50)
    return body.getvalue()


def jpeg_2000() -> bytes:
    body = io.BytesIO()
    Image.frombytes("RGB", (WIDTH, HEIGHT), RGB).save(body, "JPEG2000")
    return body.getvalue()


def test_a_jpeg_comes_out_as_it_went_in() -> None:
    stream = image(jpeg(), IN_RGB + b"/Filter/DCTDecode", deflated=False)
    (found,) = pictures_of("A", A=stream)
    assert found.body == jpeg()
    assert (found.format, found.width, found.height) == ("jpeg", WIDTH, HEIGHT)
    assert (found.page, found.number) == (1, 1)


def test_a_jpeg_2000_comes_out_as_it_went_in() -> None:
    stream = image(jpeg_2000(), b"/Filter/JPXDecode", deflated=False)
    (found,) = pictures_of("A", A=stream)
    assert (found.body, found.format) == (jpeg_2000(), "jp2")


@pytest.mark.parametrize(
    ("content", "entries", "bits", "mode"),
    [(RGB, IN_RGB, 8, "RGB"), (GREY, IN_GREY, 8, "L"), (BITS, IN_GREY, 1, "1")],
    ids=["colour", "grey", "black and white"],
)
def test_any_other_is_a_png_of_the_same_pixels_however_it_is_placed(
    content: bytes, entries: bytes, bits: int, mode: str
) -> None:
    (found,) = pictures_of("A", A=image(content, entries, bits=bits))
    assert found.format == "png"
    assert opened(found).mode == mode
    assert opened(found).tobytes() == content


def test_a_mask_becomes_alpha() -> None:
    (found,) = pictures_of("A", A=(image(RGB, IN_RGB), image(GREY, IN_GREY)))
    picture = opened(found)
    assert picture.mode == "RGBA"
    assert picture.convert("RGB").tobytes() == RGB
    assert picture.getchannel("A").tobytes() == GREY


def test_a_stencil_is_what_it_paints() -> None:
    (found,) = pictures_of("A", A=image(BITS, MASK))
    alpha = opened(found).convert("RGBA").getchannel("A")
    assert alpha.point(lambda level: 255 - level).convert("1").tobytes() == BITS


def test_a_picture_on_many_pages_comes_once_and_the_pages_keep_their_order() -> None:
    found = pictures_of("A", "BA", "CA", A=image(RGB, IN_RGB), B=image(GREY, IN_GREY),
                        C=image(BITS, IN_GREY, bits=1))  # fmt: skip
    assert [(each.page, each.number) for each in found] == [(1, 1), (2, 2), (3, 3)]
    assert not any(each.truncated for each in found)


def test_leaves_out_spacers() -> None:
    spacer = image(b"\0" * 21, IN_GREY).replace(b"/Width 40/Height 30", b"/Width 7/Height 3")
    assert pictures_of("A", A=spacer) == []


def test_leaves_out_what_cannot_be_read_and_gives_the_others() -> None:
    broken = image(b"no stream", IN_RGB + b"/Filter/JPXDecode", deflated=False)
    (found,) = pictures_of("AB", A=broken, B=image(GREY, IN_GREY))
    assert opened(found).tobytes() == GREY


def test_what_only_calls_itself_a_jpeg_is_not_handed_out_as_one() -> None:
    script = image(b"<script>", IN_RGB + b"/Filter/DCTDecode", deflated=False)
    assert pictures_of("A", A=script) == []


@pytest.mark.parametrize(
    "budget",
    [Budget(pictures=2), Budget(bytes=7_000), Budget(pixels=2_400), Budget(read=4_000)],
    ids=["pictures", "bytes", "pixels", "read"],
)
def test_past_a_bound_the_last_says_that_there_were_more(budget: Budget) -> None:
    found = pictures_of("ABCD", A=image(RGB, IN_RGB), B=image(GREY, IN_GREY),
                        C=image(GREY[::-1], IN_GREY), D=image(RGB[::-1], IN_RGB),
                        budget=budget)  # fmt: skip
    assert 1 <= len(found) < 4
    assert [each.truncated for each in found] == [False] * (len(found) - 1) + [True]
    assert [each.number for each in found] == list(range(1, len(found) + 1))


def test_one_that_is_too_large_to_decode_does_not_hide_the_next() -> None:
    found = pictures_of("AB", A=image(RGB, IN_RGB), B=image(jpeg(), IN_RGB + b"/Filter/DCTDecode",
                        deflated=False), budget=Budget(pixels=100))  # fmt: skip
    assert [(each.format, each.number, each.truncated) for each in found] == [("jpeg", 1, True)]


def test_looks_no_further_than_the_limit_of_pages() -> None:
    found = pictures_of("A", "B", A=image(RGB, IN_RGB), B=image(GREY, IN_GREY),
                        limits=Limits(pages=1))  # fmt: skip
    assert [(each.page, each.truncated) for each in found] == [(1, True)]


def test_taking_a_picture_out_leaves_the_page_as_it_is() -> None:
    source = shown("A", images={"A": image(RGB, IN_RGB)}, more={})
    alone = list(make(source, Wanted(text=False)))
    after = list(make(source, Wanted(text=False, pictures=True)))
    assert [each.name for each in after] == ["pictures", "pages"]
    assert after[1:] == alone


def test_they_are_a_part_of_their_own() -> None:
    source = shown("A", images={"A": image(RGB, IN_RGB)}, more={})
    (found,) = make_part(source, Wanted(), Whole.PICTURES)
    assert found.name == "pictures"
