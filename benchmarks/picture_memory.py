"""How much memory pictures of each format take on the way to three renditions.

    .venv/bin/python benchmarks/picture_memory.py --megapixels 24

Each picture is made here and rendered in a process of its own; the peak is what the kernel saw
(VmHWM), a pixel's share is the peak without what a picture of one pixel takes. The table in
`reading/cost.py` is made of it, rounded up.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import progress, show
from PIL import Image

MEASURE = """
import sys
from pathlib import Path
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles
profiles = parse_profiles("thumbnail=256,medium=800,large=1920")
original = Path(sys.argv[1]).read_bytes()
limits = Limits(pixels=400_000_000, memory_bytes=1 << 40)
for rendition in render(original, profiles, limits):
    pass
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
"""

Save = Callable[[Image.Image, Path], None]


def saver(mode: str, format_: str, **options: object) -> Save:
    """Writes a picture in that mode and format."""

    def save(picture: Image.Image, path: Path) -> None:
        converted = picture.quantize(64, method=2) if mode == "P" else picture.convert(mode)
        if mode == "RGBA":
            converted.putalpha(Image.linear_gradient("L").resize(picture.size))
        converted.save(path, format_, **options)

    return save


FORMATS: dict[str, Save] = {
    "JPEG": saver("RGB", "JPEG"),
    "JPEG, progressive 4:4:4": saver("RGB", "JPEG", progressive=True, subsampling=0),
    "JPEG, CMYK progressive": saver("CMYK", "JPEG", progressive=True),
    "PNG": saver("RGB", "PNG", compress_level=1),
    "PNG, alpha": saver("RGBA", "PNG", compress_level=1),
    "PNG, palette": saver("P", "PNG", compress_level=1),
    "PNG, 16-bit grey": saver("I;16", "PNG", compress_level=1),
    "WebP": saver("RGB", "WEBP", method=0),
    "WebP, alpha": saver("RGBA", "WEBP", method=0),
    "WebP, lossless": saver("RGB", "WEBP", lossless=True, method=0, quality=0),
    "WebP, lossless, alpha": saver("RGBA", "WEBP", lossless=True, method=0, quality=0),
    "GIF": saver("P", "GIF"),
    "TIFF": saver("RGB", "TIFF", compression="tiff_lzw"),
    "TIFF, alpha": saver("RGBA", "TIFF", compression="tiff_lzw"),
    "TIFF, 16-bit grey": saver("I;16", "TIFF", compression="tiff_lzw"),
    "TIFF, floating point": saver("F", "TIFF"),
    "TIFF, CIELAB": saver("LAB", "TIFF"),
    "BMP": saver("RGB", "BMP"),
    "TGA, alpha": saver("RGBA", "TGA"),
    "PCX": saver("RGB", "PCX"),
    "SGI": saver("RGB", "SGI"),
    "DDS": saver("RGBA", "DDS"),
    "AVIF": saver("RGB", "AVIF", speed=10, quality=40),
    "AVIF, alpha": saver("RGBA", "AVIF", speed=10, quality=40),
    "HEIC": saver("RGB", "HEIF", quality=40),
    "HEIC, alpha": saver("RGBA", "HEIF", quality=40),
    "JPEG 2000": saver("RGB", "JPEG2000", quality_mode="rates", quality_layers=[40]),
    "JPEG XL": saver("RGB", "JXL", effort=1),
    "JPEG XL, alpha": saver("RGBA", "JXL", effort=1),
}


def peak(path: Path) -> float:
    """MiB of a process that renders the picture."""
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def source(megapixels: float) -> Image.Image:
    """Soft shapes with some noise: as hard to decode as a photograph, and quick to make."""
    width, height = round((megapixels * 1.5e6) ** 0.5), round((megapixels / 1.5 * 1e6) ** 0.5)
    noise = Image.effect_noise((1500, 1000), 60)
    bands = (noise.rotate(90 * turn, expand=False).resize((width, height)) for turn in range(3))
    return Image.merge("RGB", tuple(bands))


def main() -> None:
    parser = argparse.ArgumentParser(description="How much memory pictures take.")
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--only", default="", help="formats whose name has this")
    wanted = parser.parse_args()
    import pillow_heif
    import pillow_jxl  # noqa: F401  registers itself

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None
    picture, dot = source(wanted.megapixels), source(1e-6)
    pixels = picture.width * picture.height
    chosen = {name: save for name, save in FORMATS.items() if wanted.only in name}
    rows = []
    with tempfile.TemporaryDirectory() as folder, progress("formats", len(chosen)) as step:
        for name, save in chosen.items():
            path = Path(folder, "picture")
            save(picture, path)
            size, most = path.stat().st_size, peak(path)
            save(dot.resize((16, 16)), path)
            least = peak(path)
            share = ((most - least) * 2**20 - size) / pixels
            rows.append((name, f"{size / 1e6:.1f}", f"{least:.0f}", f"{most:.0f}", f"{share:.1f}"))
            step()
    heads = ("format", "MB of file", "MiB of 16 × 16", "MiB peak", "bytes a pixel")
    show(f"{pixels / 1e6:.0f} megapixels", heads, rows)


if __name__ == "__main__":
    main()
