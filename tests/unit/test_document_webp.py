"""libwebp called directly: the same pixels as through Pillow, and Pillow where it cannot be."""

from __future__ import annotations

import io
import resource
from pathlib import Path

import pytest
from made import pdf
from PIL import Image

from mediamill.domain.document import open_document, webp
from mediamill.domain.document.encode import Encoding, encode_page
from mediamill.domain.document.raster import Raster

RED_LEFT = b"1 0 0 rg 0 0 100 100 re f 0 0 1 rg 150 50 30 30 re f"


def raster() -> Raster:
    with open_document(pdf.document([RED_LEFT])) as document:
        return Raster(document, 1, (201, 100))


def resident() -> int:
    """Bytes of memory that this process has in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_lossless_keeps_every_pixel() -> None:
    page = raster()
    body = webp.encode(page.pixels, 201, 100, lossless=True, quality=30, method=0)
    assert body is not None
    assert Image.open(io.BytesIO(body)).convert("RGB").tobytes() == page.picture().tobytes()


def test_lossy_is_the_same_as_through_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    page = raster()
    body = webp.encode(page.pixels, 201, 100, lossless=False, quality=80, method=2)
    through_pillow = io.BytesIO()
    page.picture().save(through_pillow, "WEBP", quality=80, method=2)
    assert body == through_pillow.getvalue()


@pytest.mark.parametrize("lossless", [False, True])
def test_keeps_no_memory_of_what_it_encoded(lossless: bool) -> None:
    with open_document(pdf.document([RED_LEFT])) as document:
        page = Raster(document, 1, (1000, 1000))
    for count in range(60):
        webp.encode(page.pixels, 1000, 1000, lossless=lossless, quality=0, method=0)
        if count == 5:
            before = resident()
    assert resident() - before < 20_000_000  # 1.5 MB for each would be 80


def test_gives_nothing_for_a_picture_that_webp_cannot_hold() -> None:
    page = raster()
    assert webp.encode(page.pixels, 16_384, 1, lossless=True, quality=0, method=0) is None


@pytest.mark.parametrize("quality", [80, 100])
def test_goes_through_pillow_where_libwebp_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, quality: int
) -> None:
    direct = encode_page(raster(), Encoding(quality=quality))
    monkeypatch.setattr(webp, "_libwebp", lambda: None)
    through_pillow = encode_page(raster(), Encoding(quality=quality))
    assert (
        Image.open(io.BytesIO(direct)).tobytes() == Image.open(io.BytesIO(through_pillow)).tobytes()
    )
