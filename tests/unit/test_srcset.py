"""The srcset of a manifest: what a page can copy."""

from __future__ import annotations

from mediamill.domain.derivative import Derivative
from mediamill.domain.srcset import srcset


def row(
    name: str, width: int, height: int, format_: str = "webp", page: int | None = None
) -> Derivative:
    key = f"{name}/a b,ü.jpg.{format_}"
    return Derivative(name, key, f"image/{format_}", format_, 9, "00", width, height, page)


def test_renditions_of_the_whole_picture_are_listed_by_type_from_small_to_large() -> None:
    rows = [row("large", 1920, 1440), row("thumbnail", 256, 192), row("large", 1920, 1440, "avif")]
    rows.append(row("thumbnail", 256, 192, "avif"))
    assert srcset(rows, 4000, 3000) == {
        "image/avif": "thumbnail/a%20b%2C%C3%BC.jpg.avif 256w, large/a%20b%2C%C3%BC.jpg.avif 1920w",
        "image/webp": "thumbnail/a%20b%2C%C3%BC.jpg.webp 256w, large/a%20b%2C%C3%BC.jpg.webp 1920w",
    }


def test_crops_pages_and_other_files_are_other_pictures() -> None:
    rows = [row("large", 1920, 1440), row("square", 256, 256), row("pages", 800, 600, page=1)]
    rows.append(Derivative("text", "text/a.txt", "text/plain", "text", 9, "00"))
    assert srcset(rows, 4000, 3000) == {}


def test_small_pictures_are_rounded_to_pixels_and_still_the_same() -> None:
    rows = [row("thumbnail", 16, 7), row("medium", 101, 46)]
    assert "16w" in srcset(rows, 4000, 1823)["image/webp"]


def test_two_names_of_one_width_are_one_choice() -> None:
    rows = [row("medium", 300, 200), row("large", 300, 200)]
    assert srcset(rows, 300, 200) == {}
