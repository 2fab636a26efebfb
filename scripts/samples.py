"""Sample media, made on the spot: one file of each sort that people upload.

    .venv/bin/python scripts/samples.py FOLDER

The same bytes every time, so that a second run has nothing new to say. What the photo shows and
where it was taken is made up.
"""

from __future__ import annotations

import argparse
import colorsys
import math
import random
import struct
import wave
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFilter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

TAKEN = "2025:06:21 20:41:07"
# The Old Man of Storr, Isle of Skye: degrees, minutes, seconds.
LATITUDE, LONGITUDE = (57.0, 30.0, 26.0), (6.0, 10.0, 32.0)

WORDS = (
    "Every original stays as it was sent. What is made from it lies beside it under a name that "
    "can be guessed, and one document says when all of it is there. "
)


def photo(path: Path) -> None:
    """A landscape of 12 megapixels, held sideways: EXIF says turn it, and where it was taken."""
    width, height = 4000, 3000
    picture = _dusk(width, height)
    exif = Image.Exif()
    exif[0x010F] = "Mediamill"  # Make
    exif[0x0110] = "Sample One"  # Model
    exif[0x0112] = 6  # Orientation: the camera was turned a quarter to the left
    exif[0x8298] = "(c) 2025 The mediamill authors"  # Copyright
    exif[0x0132] = TAKEN  # DateTime
    details = exif.get_ifd(0x8769)
    details[0x9003] = TAKEN  # DateTimeOriginal
    details[0x829A] = 0.008  # ExposureTime
    details[0x829D] = 5.6  # FNumber
    details[0x8827] = 200  # ISOSpeedRatings
    details[0x920A] = 35.0  # FocalLength
    gps = exif.get_ifd(0x8825)
    gps[0] = b"\x02\x03\x00\x00"  # GPSVersionID
    gps[1], gps[2] = "N", LATITUDE
    gps[3], gps[4] = "W", LONGITUDE
    sideways = picture.transpose(Image.Transpose.ROTATE_90)
    sideways.save(path, "JPEG", quality=88, exif=exif, dpi=(72, 72))


def logo(path: Path) -> None:
    """A mark on nothing: soft edges, so that half-transparent pixels matter."""
    side = 1024
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    centre = side / 2
    for blade in range(4):
        turn = math.pi / 2 * blade + 0.3
        points = [
            (centre + radius * math.cos(turn + angle), centre + radius * math.sin(turn + angle))
            for radius, angle in ((60, 0.9), (470, 0.05), (440, 0.45), (80, 1.4))
        ]
        draw.polygon(points, fill=(*_hue(blade / 4), 225))
    draw.ellipse([centre - 70, centre - 70, centre + 70, centre + 70], fill=(40, 40, 48, 255))
    picture.filter(ImageFilter.GaussianBlur(1.5)).save(path, "PNG", optimize=False)


def animation(path: Path) -> None:
    """A ball that bounces for ever, two seconds a turn."""
    frames = []
    for number in range(24):
        frame = Image.new("RGB", (480, 360), (250, 246, 238))
        draw = ImageDraw.Draw(frame)
        fall = abs(math.sin(math.pi * number / 12))
        left, top = 30 + number * 16, 270 - 220 * fall
        draw.ellipse([left + 8, 318, left + 52, 330], fill=(222, 214, 200))
        draw.ellipse([left, top, left + 60, top + 60], fill=_hue(number / 24))
        frames.append(frame)
    frames[0].save(
        path, "WEBP", save_all=True, append_images=frames[1:], duration=83, loop=0, quality=80
    )


def report(path: Path) -> None:
    """Three pages with text, a drawing and a title."""
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle("A short report on mills")
    canvas.setAuthor("The mediamill authors")
    width, height = A4
    for number in range(1, 4):
        canvas.setFont("Helvetica-Bold", 24)
        canvas.drawString(72, height - 96, f"Chapter {number}")
        canvas.setFont("Helvetica", 11)
        text = canvas.beginText(72, height - 132)
        text.setLeading(16)
        for line in _lines(WORDS * 6, 84):
            text.textLine(line)
        canvas.drawText(text)
        for bar in range(8):
            tall = 40 + 140 * abs(math.sin(number + bar))
            canvas.setFillColorRGB(*(part / 255 for part in _hue(bar / 8)))
            canvas.rect(72 + bar * 56, 120, 40, tall, stroke=0, fill=1)
        canvas.setFillColorRGB(0.3, 0.3, 0.3)
        canvas.drawCentredString(width / 2, 60, str(number))
        canvas.showPage()
    canvas.save()


def chord(path: Path) -> None:
    """Three seconds of a chord that fades, stereo, 44.1 kHz."""
    rate, seconds = 44_100, 3
    samples = bytearray()
    for number in range(rate * seconds):
        moment = number / rate
        loud = 9000 * math.exp(-moment)
        left = loud * (
            math.sin(2 * math.pi * 220 * moment) + math.sin(2 * math.pi * 277.2 * moment)
        )
        right = loud * (
            math.sin(2 * math.pi * 220 * moment) + math.sin(2 * math.pi * 329.6 * moment)
        )
        samples += struct.pack("<hh", int(left), int(right))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(samples))


def clip(path: Path) -> None:
    """Two seconds of colours that wander, 640 × 360, 25 frames a second."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.bit_rate = 900_000
        stream.thread_count = 1
        for number in range(50):
            frame = Image.new("RGB", (640, 360), _hue(number / 50))
            draw = ImageDraw.Draw(frame)
            draw.rectangle([number * 10, 140, number * 10 + 120, 220], fill=_hue(0.5 + number / 50))
            for packet in stream.encode(_video_frame(frame)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


SAMPLES = {
    "photos/dusk.jpg": photo,
    "photos/logo.png": logo,
    "photos/ball.webp": animation,
    "documents/report.pdf": report,
    "sound/chord.wav": chord,
    "video/colours.mp4": clip,
}


def make(folder: Path) -> list[Path]:
    """Every sample below `folder`; those that are there already stay."""
    paths = []
    for name, write in SAMPLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            partial = path.with_name(f"partial-{path.name}")
            write(partial)
            partial.replace(path)
        paths.append(path)
    return paths


def _dusk(width: int, height: int) -> Image.Image:
    """Hills before an evening sky, with the noise of a real sensor."""
    chance = random.Random(2025)
    sky = Image.linear_gradient("L").resize((width, height))
    picture = Image.merge(
        "RGB", [sky.point(lambda v, b=base, s=slope: int(b + s * v / 255))
                for base, slope in ((38, 210), (58, 110), (104, -10))]
    )  # fmt: skip
    draw = ImageDraw.Draw(picture)
    draw.ellipse([2500, 1500, 2900, 1900], fill=(255, 214, 150))
    for layer in range(5):
        base = 1700 + layer * 260
        waves = [
            (chance.uniform(40, 160), chance.uniform(1, 6), chance.uniform(0, 6)) for _ in "123"
        ]
        ridge = [
            (x, base + sum(tall * math.sin(many * x / 900 + shift) for tall, many, shift in waves))
            for x in range(0, width + 20, 20)
        ]
        dark = 96 - layer * 18
        draw.polygon(
            [*ridge, (width, height), (0, height)], fill=(dark, dark // 2 + 8, dark // 2 + 24)
        )
    noise = Image.frombytes("L", (500, 375), chance.randbytes(500 * 375)).resize((width, height))
    return Image.blend(picture, Image.merge("RGB", [noise] * 3), 0.04)


def _video_frame(picture: Image.Image) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    return frame


def _hue(turn: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(turn % 1, 0.55, 0.6)
    return int(red * 255), int(green * 255), int(blue * 255)


def _lines(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to put them")
    for path in make(parser.parse_args().folder):
        print(f"{path.stat().st_size:>9,}  {path}")


if __name__ == "__main__":
    main()
