"""Mutated pictures of every format: only renditions or Unprocessable errors may come out.

    .venv/bin/python scripts/fuzz_images.py --count 10000 --seed 1 --folder ../shared/corpus/images

The pictures are rendered one after the other in one child process. The parent counts what comes
back, and starts a new child where one died or took longer than ten seconds on one file. Case N of
a seed is always the same file; `--only N` renders it alone and `--save` writes it down.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import random
import resource
import struct
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import Image, ImageDraw

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

SECONDS = 10.0
PROFILES = parse_profiles("thumbnail=48:cover,large=320")
LARGEST_SEED = 200_000  # bytes: larger pictures only make the run slower, not other

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"><defs><g id="a">'
    b'<circle cx="9" cy="9" r="8" fill="red"/></g></defs><use href="#a"/><use href="#a" x="9"/>'
    b"<text x='3' y='20'>text</text><rect width='9' height='9' opacity='.5'/></svg>"
)


def samples(folder: Path | None) -> dict[str, bytes]:
    """A small picture of every format that is decoded, and the small ones of the folder."""
    import pillow_heif
    import pillow_jxl  # noqa: F401  (registers itself)

    pillow_heif.register_heif_opener()
    picture = Image.effect_noise((40, 30), 60).convert("RGB")
    ImageDraw.Draw(picture).ellipse((5, 5, 30, 25), fill="#2060c0")
    alpha = picture.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(picture.size))
    frames = [picture.rotate(angle) for angle in (20, 40, 60)]
    moving = {"save_all": True, "append_images": frames, "duration": 80, "loop": 2}
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, "Somebody"
    made = {
        "jpeg": _saved(picture, "JPEG", exif=exif),
        "progressive": _saved(picture, "JPEG", progressive=True, subsampling="4:4:4"),
        "cmyk": _saved(picture.convert("CMYK"), "JPEG"),
        "png": _saved(alpha, "PNG", exif=exif),
        "palette": _saved(picture.quantize(16), "PNG"),
        "sixteen": _saved(picture.convert("I;16"), "PNG"),
        "apng": _saved(picture, "PNG", **moving),
        "gif": _saved(picture, "GIF", **moving),
        "webp": _saved(alpha, "WEBP", exif=exif),
        "webp-moving": _saved(picture, "WEBP", **moving),
        "webp-lossless": _saved(alpha, "WEBP", lossless=True),
        "tiff": _saved(picture, "TIFF", exif=exif),
        "tiff-lzw": _saved(picture, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": _saved(picture, "TIFF", compression="jpeg"),
        "tiff-fax": _saved(picture.convert("1"), "TIFF", compression="group4"),
        "tiff-pages": _saved(picture, "TIFF", save_all=True, append_images=frames),
        "bmp": _saved(picture, "BMP"),
        "ico": _saved(alpha.resize((32, 32)), "ICO", sizes=[(16, 16), (32, 32)]),
        "avif": _saved(alpha, "AVIF", speed=9),
        "avif-moving": _saved(picture, "AVIF", speed=9, **moving),
        "heif": _saved(picture, "HEIF", exif=exif),
        "jp2": _saved(picture, "JPEG2000"),
        "jxl": _saved(alpha, "JXL"),
        "ppm": _saved(picture, "PPM"),
        "pcx": _saved(picture, "PCX"),
        "sgi": _saved(picture, "SGI"),
        "dds": _saved(picture, "DDS"),
        "xpm": XPM,
        "tga": _saved(alpha, "TGA", compression="tga_rle"),
        "psd": _psd(picture),
        "svg": SVG,
        "raw": raw_file(_saved(picture, "JPEG")),
    }
    if folder is not None:
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.stat().st_size <= LARGEST_SEED:
                made[path.name] = path.read_bytes()
    return made


XPM = (
    b'/* XPM */\nstatic char *a[] = {\n"4 2 2 1",\n"a c #ff0000",\n"b c #0000ff",\n'
    b'"aabb",\n"bbaa"\n};\n'
)


def _saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    body = io.BytesIO()
    picture.save(body, format_, **options)
    return body.getvalue()


def _psd(picture: Image.Image) -> bytes:
    """A flat Photoshop file: header, three empty sections, raw planes."""
    head = b"8BPS\0\x01" + b"\0" * 6 + struct.pack(">HIIHH", 3, picture.height, picture.width, 8, 3)
    return head + b"\0" * 12 + b"\0\0" + b"".join(band.tobytes() for band in picture.split())


def raw_file(preview: bytes) -> bytes:
    """A DNG in little: one directory that says so, and a JPEG preview."""
    tags = [(0x0112, 3, 6), (0x0201, 4, 128), (0x0202, 4, len(preview)), (0xC612, 1, 0x00000701)]
    entries = b"".join(
        struct.pack("<HHI", tag, kind, 4 if kind == 1 else 1) + struct.pack("<I", value)
        for tag, kind, value in tags
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0"
    return head.ljust(128, b"\0") + preview


def flip_bits(body: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    for _n in range(chance.choice((1, 2, 8, 40))):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return body


def flip_header_bits(body: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    for _n in range(chance.choice((1, 2, 6))):
        body[chance.randrange(min(len(body), 200))] ^= 1 << chance.randrange(8)
    return body


def truncate(body: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    return body[: chance.randrange(1, len(body))]


def splice(body: bytearray, chance: random.Random, others: list[bytes]) -> bytearray:
    """The head of one format on the tail of another."""
    other = chance.choice(others)
    cut = chance.choice((4, 8, 12, 16, 32, 64, len(body) // 2))
    return body[:cut] + other[chance.choice((0, cut, len(other) // 2)) :]


def extreme_numbers(body: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    value = chance.choice(
        (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff", b"\0")
    )
    at = chance.randrange(min(len(body), chance.choice((64, 400, len(body)))))
    body[at : at + len(value)] = value
    return body


def repeat_or_drop(body: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    start = chance.randrange(len(body))
    part = body[start : start + chance.choice((1, 8, 64, 500))]
    return body[:start] + part * chance.choice((0, 2, 3)) + body[start + len(part) :]


MUTATIONS: list[Callable[[bytearray, random.Random, list[bytes]], bytearray]] = [
    flip_bits,
    flip_header_bits,
    truncate,
    splice,
    extreme_numbers,
    repeat_or_drop,
]


def case(number: int, seed: int, pictures: dict[str, bytes]) -> tuple[str, bytes]:
    """The name and the bytes of one mutated file: formats in turn, everything else by chance."""
    names = sorted(pictures)
    name = names[number % len(names)]
    chance = random.Random(f"{seed}/{number}")
    body = bytearray(pictures[name])
    others = list(pictures.values())
    labels = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        mutation = chance.choice(MUTATIONS)
        body = mutation(body, chance, others) or bytearray(b"\0")
        labels.append(mutation.__name__)
    return f"{name} {'+'.join(labels)}", bytes(body)


def outcome(body: bytes) -> str:
    """`rendered`, `damaged`, an Unprocessable's code, or what must not be."""
    try:
        rendering = render(body, PROFILES, Limits())
        for rendition in rendering:
            # What was made must be a picture that can be opened.
            Image.open(io.BytesIO(rendition.body)).load()
        return "damaged" if rendering.facts.damaged else "rendered"
    except Unprocessable as error:
        return error.code
    except BaseException as error:
        return f"FAULT {type(error).__name__}: {error}"


def resident() -> int:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1_000_000


def work(pipe: Connection, numbers: range, seed: int, folder: Path | None) -> None:
    warnings.simplefilter("ignore")
    pictures = samples(folder)
    for number in numbers:
        _, body = case(number, seed, pictures)
        pipe.send((number, "", 0.0, 0))
        start = time.perf_counter()
        result = outcome(body)
        pipe.send((number, result, time.perf_counter() - start, resident()))
    pipe.close()


def fuzz(count: int, seed: int, folder: Path | None) -> int:
    """Runs all cases, prints what happened, returns the number of faults."""
    context = multiprocessing.get_context("fork")
    pictures = samples(folder)
    results: Counter[str] = Counter()
    faults: list[str] = []
    slowest, memory = (0.0, 0), list[int]()
    following = 0
    while following < count:
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(theirs, range(following, count), seed, folder))
        child.start()
        theirs.close()
        current = following
        try:
            while True:
                if not ours.poll(SECONDS + 1 if following else SECONDS * 4):
                    faults.append(f"{current}: HANG {case(current, seed, pictures)[0]}")
                    child.kill()
                    break
                number, result, seconds, megabytes = ours.recv()
                current = number
                if not result:
                    continue
                following = number + 1
                results[result.split(":")[0]] += 1
                slowest = max(slowest, (seconds, number))
                memory.append(megabytes)
                if result.startswith("FAULT") or seconds > SECONDS:
                    faults.append(
                        f"{number}: {result} {seconds:.1f} s {case(number, seed, pictures)[0]}"
                    )
                if number % 100 == 99:
                    print(f"\r{number + 1:,} of {count:,}", end="", file=sys.stderr, flush=True)
        except EOFError:
            child.join()
            if child.exitcode:
                name = case(current, seed, pictures)[0]
                faults.append(f"{current}: CRASH {child.exitcode} {name}")
        following = max(following, current + 1)
        child.join()
    print(file=sys.stderr)
    for result, times in results.most_common():
        print(f"{times:7,}  {result}")
    print(f"slowest {slowest[0]:.2f} s, case {slowest[1]}")
    tenth = max(1, len(memory) // 10)
    print(
        f"memory of the first tenth {max(memory[:tenth])} MB, of the last {max(memory[-tenth:])} MB"
    )
    print(f"{len(faults)} faults", *faults, sep="\n")
    return len(faults)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="further pictures to mutate")
    parser.add_argument("--only", type=int, help="one case, in this process")
    parser.add_argument("--save", type=Path, help="with --only: where to write the file")
    arguments = parser.parse_args()
    if arguments.only is None:
        sys.exit(1 if fuzz(arguments.count, arguments.seed, arguments.folder) else 0)
    name, body = case(arguments.only, arguments.seed, samples(arguments.folder))
    if arguments.save:
        arguments.save.write_bytes(body)
    print(name, len(body), outcome(body))


if __name__ == "__main__":
    main()
