"""JPEGs for screens of a high dynamic range, written and read by libultrahdr, not by us.

In a process of its own: mediamill tells the libvips of its own to load few formats.
"""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from typing import Any

from PIL import Image

_WRITE = """
import sys, pyvips
dark = pyvips.Image.black(160, 240, bands=3) + 0.1
light = pyvips.Image.black(160, 240, bands=3) + 5.0
both = light.join(dark, "horizontal").cast("float").copy(interpretation="scrgb")
sys.stdout.buffer.write(both.uhdrsave_buffer(Q=90))
"""
_READ = """
import json, sys, pyvips
shown = pyvips.Image.uhdrload_buffer(sys.stdin.buffer.read())
said = {name: shown.get(name) for name in shown.get_fields() if name.startswith("gainmap-")}
data = said.pop("gainmap-data")
print(json.dumps(said), flush=True)
sys.stdout.buffer.write(data)
"""


def ultra_hdr() -> bytes:
    """320 × 240 pixels: the left half is five times as bright as paper, the right one dark."""
    return _run(_WRITE)


def turned(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG, to be shown turned as EXIF's `orientation` says."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    body = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    at = 2 + 2 + int.from_bytes(jpeg[4:6]) if jpeg[3] == 0xE0 else 2
    return jpeg[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[at:]


def read(jpeg: bytes) -> tuple[dict[str, Any], Image.Image]:
    """What libultrahdr reads of its gain map, and the map. Raises where it finds none."""
    said, _, data = _run(_READ, jpeg).partition(b"\n")
    return json.loads(said), Image.open(io.BytesIO(data))


def _run(script: str, given: bytes = b"") -> bytes:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout
