"""Bombs, made by script: bounded time and memory, and nothing but products or a right code."""

from __future__ import annotations

import resource
import time
import zlib
from collections.abc import Callable, Iterator

import pytest
from made import pdf

from mediamill.domain.document import Wanted, Whole, isolated, make, make_part
from mediamill.domain.errors import Unprocessable
from mediamill.domain.limits import Limits

SECONDS = 60  # far over what any of them takes, for machines that do much else
MEGABYTES = 1_400


def large_page() -> bytes:
    """305 bytes or so; at scale 1 PDFium takes 1.4 GB for it."""
    return pdf.document([b""], box=b"[0 0 14400 14400]")


def many_pages() -> bytes:
    """10,000 pages that share one content stream."""
    kids = b" ".join(b"%d 0 R" % number for number in range(10, 10_010))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 3 0 R>>"
    return pdf.pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 10000/Kids[%b]>>" % kids,
            3: pdf.stream(b"0 0 9 9 re f"),
            **dict.fromkeys(range(10, 10_010), page),
        }
    )


def flate_bomb() -> bytes:
    """A content stream of 200 MB in some hundred bytes, deflated twice."""
    squeeze = zlib.compressobj(1)
    once = b"".join(squeeze.compress(b" " * 1_000_000) for _ in range(200)) + squeeze.flush()
    twice = zlib.compress(once, 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>"
    return pdf.pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: page,
            4: b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%b\nendstream"
            % (len(twice), twice),
        }
    )


def image_bomb() -> bytes:
    """A picture of 30,000 × 30,000 grey pixels in 900 KB."""
    squeeze = zlib.compressobj(1)
    body = b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(900)) + squeeze.flush()
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 8"
        b"/ColorSpace/DeviceGray/Filter/FlateDecode/Length %d>>stream\n%b\nendstream"
    ) % (len(body), body)
    return pdf.document(
        [b"200 0 0 100 0 0 cm /I Do"],
        page_entries=b"/Resources<</XObject<</I 10 0 R>>>>",
        more={10: picture},
    )


def nested_forms() -> bytes:
    """Forms that draw the next one ten times each, eight deep: 100 million drawings."""
    more = {
        10 + depth: pdf.stream(
            b"/N Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]"
            b"/Resources<</XObject<</N %d 0 R>>>>" % (11 + depth),
        )
        for depth in range(8)
    }
    more[18] = pdf.stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]")
    entries = b"/Resources<</XObject<</N 10 0 R>>>>"
    return pdf.document([b"/N Do"], page_entries=entries, more=more)


def circular_tree() -> bytes:
    """A page tree that is its own child."""
    return pdf.pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1000000/Kids[2 0 R 2 0 R]>>",
        }
    )


def deep_arrays() -> bytes:
    """A hundred thousand arrays inside each other."""
    return pdf.document([b""], page_entries=b"/Deep " + b"[" * 100_000 + b"]" * 100_000)


def object_streams() -> bytes:
    """Two object streams, each said to lie inside the other, and one that promises 10⁹ objects."""

    def row(kind: int, place: int, index: int) -> bytes:
        return bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")

    head = b"%PDF-1.7\n"
    inside = zlib.compress(b"4 0 5 3 << >> << >>")
    lying = b"6 0 obj\n<</Type/ObjStm/N 1000000000/First 8/Filter/FlateDecode/Length %d>>stream\n"
    lying = lying % len(inside) + inside + b"\nendstream\nendobj\n"
    table = zlib.compress(
        row(0, 0, 0xFFFF) + row(2, 4, 0) + row(2, 4, 1) + row(2, 5, 0)
        + row(2, 5, 0) + row(2, 4, 0) + row(1, len(head), 0) + row(1, len(head) + len(lying), 0)
    )  # fmt: skip
    cross = (
        b"7 0 obj\n<</Type/XRef/Size 8/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n"
    ) % len(table)
    start = len(head) + len(lying)
    return head + lying + cross + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


BOMBS = [
    large_page, many_pages, flate_bomb, image_bomb, nested_forms, circular_tree, deep_arrays,
    object_streams,
]  # fmt: skip


def weighed(made: bytes, wanted: Wanted) -> Iterator[tuple[str, bool, int]]:
    for each in make(made, wanted):
        yield each.name, each.truncated, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("bomb", BOMBS)
def test_makes_its_products_or_says_why_not(bomb: Callable[[], bytes]) -> None:
    begun = time.monotonic()
    heaviest = 0
    try:
        for _, _, weight in isolated(15, weighed, bomb(), Wanted(limits=Limits(pages=2))):
            heaviest = max(heaviest, weight)
    except Unprocessable as error:
        assert error.code in ("broken_document", "timed_out")
    assert time.monotonic() - begun < SECONDS
    assert heaviest < MEGABYTES * 1000


def test_a_huge_page_is_scaled_down() -> None:
    limits = Limits(page_pixels=1_000_000)
    made = list(isolated(SECONDS, make, large_page(), Wanted(limits=limits)))
    assert (made[-1].width or 0) * (made[-1].height or 0) <= 1_000_000


def test_of_ten_thousand_pages_the_first_are_made() -> None:
    made = list(isolated(SECONDS, make, many_pages(), Wanted(limits=Limits(pages=3))))
    pages = [each for each in made if each.name == "pages"]
    assert [(each.page, each.truncated) for each in pages] == [(1, False), (2, False), (3, True)]


@pytest.mark.parametrize("bomb", [flate_bomb, circular_tree, deep_arrays, object_streams])
def test_cleaning_a_bomb_is_bounded(bomb: Callable[[], bytes]) -> None:
    def work() -> Iterator[int]:
        for product in make_part(bomb(), Wanted(clean=True), Whole.PDFS):
            yield len(product.body)

    try:
        (size,) = isolated(SECONDS, work)
        assert size < 10_000_000
    except Unprocessable as error:
        assert error.code in ("broken_document", "timed_out")
