"""One contender of the pictures' benchmark: renders a file each time a line comes in.

    images_worker.py mediamill|pillow|pyvips webp|jpeg|avif <file> <folder for output>

Answers each line with one of JSON: CPU and wall milliseconds, peak memory in MB, bytes written.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIDES = {"large": 1920, "medium": 800, "thumbnail": 200}
QUALITY = {"webp": 80, "jpeg": 80, "avif": 60}

Render = Callable[[bytes], dict[str, bytes]]


def mediamill(format_: str) -> Render:
    """As the image worker calls it, picture facts and all; imported at its start, as sharp is."""
    from mediamill.domain.image import ready, render
    from mediamill.domain.limits import Limits
    from mediamill.domain.profile import parse_profiles

    ready()
    profiles = parse_profiles(",".join(f"{k}={v}" for k, v in SIDES.items()), format_)
    return lambda original: {made.name: made.body for made in render(original, profiles, Limits())}


def pillow(format_: str) -> Render:
    """As the better tutorials write it: open, thumbnail, turn, save, for each size."""
    from PIL import Image, ImageOps

    if format_ == "heif":
        raise SystemExit("no tutorial")
    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
    except ImportError:
        pass

    def render(original: bytes) -> dict[str, bytes]:
        made = {}
        for name, side in SIDES.items():
            picture: Image.Image = Image.open(io.BytesIO(original))
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)  # a JPEG decodes smaller
            picture = ImageOps.exif_transpose(picture).convert("RGB")
            body = io.BytesIO()
            extra: dict[str, Any] = {"progressive": True} if format_ == "jpeg" else {}
            picture.save(body, format_.upper(), quality=QUALITY[format_], **extra)
            made[name] = body.getvalue()
        return made

    return render


def pyvips(format_: str) -> Render:
    """At its best: shrink-on-load once, the smaller ones from memory."""
    import pyvips as vips

    options: dict[str, Any] = {"Q": QUALITY[format_], "keep": "none"}
    if format_ == "jpeg":
        options["interlace"] = True

    def render(original: bytes) -> dict[str, bytes]:
        made, picture = {}, None
        for name, side in SIDES.items():
            if picture is None:
                picture = vips.Image.thumbnail_buffer(original, side, height=side, size="down")
                picture = picture.copy_memory()
                small = picture
            else:
                small = picture.thumbnail_image(side, height=side, size="down")
            made[name] = small.write_to_buffer(f".{format_}", **options)
        return made

    return render


def main() -> None:
    contender, format_, file, folder = sys.argv[1:]
    render = {"mediamill": mediamill, "pillow": pillow, "pyvips": pyvips}[contender](format_)
    original = Path(file).read_bytes()
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        made = render(original)
        cost = {
            "cpu": 1000 * (time.process_time() - cpu),
            "wall": 1000 * (time.perf_counter() - wall),
        }
        if line.strip() == "save":
            for name, body in made.items():
                Path(folder, f"{name}.{format_}").write_bytes(body)
        status = Path("/proc/self/status").read_text()
        peak = next(row for row in status.splitlines() if row.startswith("VmHWM"))
        cost |= {"memory": int(peak.split()[1]) / 1024, "bytes": sum(map(len, made.values()))}
        print(json.dumps(cost), flush=True)


if __name__ == "__main__":
    main()
