"""How alike two pictures are: SSIM, CIEDE2000, and references made without mediamill."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, np.dtype[np.float64]]
Floats = np.ndarray[Any, np.dtype[np.float32]]


def pixels(picture: Image.Image) -> Array:
    """Height × width × 3 of sRGB, 0 to 255."""
    return np.asarray(picture.convert("RGB"), np.float64)


def linear(values: Array) -> Array:
    """Linear light (0–1) of sRGB values (0–255), IEC 61966-2-1."""
    v = values / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def gamma(light: Array) -> Array:
    """sRGB values (0–255) of linear light."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def linear_reference(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture shrunk with Lanczos in linear light and floating point."""
    table = linear(np.arange(256.0)).astype(np.float32)
    bands = []
    for channel in picture.convert("RGB").split():
        band = Image.fromarray(table[np.asarray(channel)])
        small = np.asarray(band.resize(size, Image.Resampling.LANCZOS), np.float64)
        bands.append(Image.fromarray((gamma(small) + 0.5).astype(np.uint8)))
    return Image.merge("RGB", bands)


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Mean structural similarity of luma (Wang et al. 2004: Gaussian window, sigma 1.5)."""
    x, y = (np.asarray(picture.convert("L"), np.float32) for picture in (one, other))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    both = _blur(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    return float((top / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean())


def _blur(values: Floats, radius: int = 5) -> Floats:
    kernel = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * 1.5**2)).astype(np.float32)
    kernel /= kernel.sum()
    padded = np.pad(values, radius, mode="edge")
    height, width = values.shape
    rows = np.zeros((height + 2 * radius, width), np.float32)
    for at, weight in enumerate(kernel):
        rows += weight * padded[:, at : at + width]
    whole = np.zeros((height, width), np.float32)
    for at, weight in enumerate(kernel):
        whole += weight * rows[at : at + height]
    return whole


_RGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def lab(values: Array) -> Array:
    """CIELAB (D65) of sRGB values."""
    xyz = linear(values) @ _RGB_TO_XYZ.T / (_RGB_TO_XYZ @ np.ones(3))
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e(one: Array, other: Array) -> float:
    """Mean CIEDE2000 of two arrays of sRGB values (Sharma, Wu, Dalal 2005)."""
    l1, a1, b1 = np.moveaxis(lab(one), -1, 0)
    l2, a2, b2 = np.moveaxis(lab(other), -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    l_, c_ = (l1 + l2) / 2, (c1 + c2) / 2
    h_ = np.where(grey, h1 + h2, (h1 + turn / 2) % 360)
    t = (
        1
        - 0.17 * np.cos(np.radians(h_ - 30))
        + 0.24 * np.cos(np.radians(2 * h_))
        + 0.32 * np.cos(np.radians(3 * h_ + 6))
        - 0.20 * np.cos(np.radians(4 * h_ - 63))
    )
    sl = 1 + 0.015 * (l_ - 50) ** 2 / np.sqrt(20 + (l_ - 50) ** 2)
    sc, sh = 1 + 0.045 * c_, 1 + 0.015 * c_ * t
    rt = (
        -2
        * np.sqrt(c_**7 / (c_**7 + 25.0**7))
        * np.sin(np.radians(60 * np.exp(-(((h_ - 275) / 25) ** 2))))
    )
    parts = (dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rt * (dc / sc) * (dh / sh)
    return float(np.sqrt(np.maximum(parts, 0)).mean())
