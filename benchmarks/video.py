"""Posters, storyboards, previews and sounds beside FFmpeg's program, in processor time.

    .venv/bin/python benchmarks/video.py [--seconds 120] [--rounds 3] [FILE …]

FFmpeg's rows read a file that lies on this disk already, are started for each as a worker that
calls the program would, and are given one thread, as mediamill has. mediamill's run in this
process, as in a warm function. A ratio below 1 is mediamill's gain. FILEs, of any size, are only
looked at: what is read of them, in how many requests, and the memory that it takes, in a child as
in the function.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench import console, cpu_of, cpu_of_command
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.films import clip, ffmpeg, medium_of  # noqa: E402
from made.ranges import BUCKET, Store, serving  # noqa: E402

from mediamill.aws.ranged import RangedFile  # noqa: E402
from mediamill.domain.derivative import Product  # noqa: E402
from mediamill.domain.video import isolated, make, ready  # noqa: E402

SCENE = "testsrc2=s=1920x1080:r=25:d=10,noise=alls=30:allf=t"
FILM = ("-c:v", "libx264", "-preset", "superfast", "-b:v", "8M", "-g", "50", "-pix_fmt", "yuv420p")
NOISE = "anoisesrc=d={seconds}:c=pink:a=0.3:r=44100,aformat=channel_layouts=stereo"

Row = tuple[str, str, Callable[[], float], Callable[[], float]]


def main() -> None:
    """Print both tables, as far as they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=int, default=120, help="of the film that is made")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ready()
    if options.files:
        _look_at(options.files)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _beside(_rows(Path(folder), options.seconds), options.rounds)


def _rows(folder: Path, seconds: int) -> Sequence[Row]:
    film, sound = folder / "film.mp4", folder / "sound.wav"
    short = clip(folder / "short.mp4", *FILM, scene=SCENE)
    ffmpeg("-stream_loop", str(seconds // 10 - 1), "-i", str(short), "-c", "copy", str(film))
    ffmpeg("-f", "lavfi", "-i", NOISE.format(seconds=seconds), str(sound))
    tenth, out = str(seconds / 10), str(folder / "out")
    sheets = "fps=1/10,scale=160:-1,tile=5x5"
    # The same poster first in each: what comes after it is what the row is of.
    poster = partial(_cpu_until, film, "poster")
    return [
        ("poster", "-ss … -frames:v 1", poster,
         _command("-ss", tenth, "-i", str(film), "-frames:v", "1", "-q:v", "3", f"{out}.jpg")),
        ("poster and storyboard", "fps=1/10,tile=5x5", partial(_cpu_until, film, "storyboard"),
         _command("-i", str(film), "-vf", sheets, f"{out}%d.webp")),
        ("poster, storyboard and preview", "5 s at 12 fps, MP4 and WebP",
         partial(_cpu_until, film, "preview"), _previews(film, tenth, out)),
        ("sound: AAC, peaks, loudness", "AAC and ebur128", partial(_cpu_until, sound, "poster"),
         _command("-i", str(sound), "-af", "ebur128=peak=true", "-c:a", "aac", "-b:a", "128k",
                  f"{out}.m4a")),
    ]  # fmt: skip


def _command(*arguments: str) -> Callable[[], float]:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1", *arguments]
    return partial(cpu_of_command, command)


def _previews(film: Path, begin: str, out: str) -> Callable[[], float]:
    cut = ("-ss", begin, "-t", "5", "-i", str(film), "-an")
    h264 = ("-vf", "fps=12,scale=480:-2", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28")
    webp = ("-vf", "fps=12,scale=320:-2", "-c:v", "libwebp_anim", "-quality", "60")
    first, second = _command(*cut, *h264, f"{out}.mp4"), _command(*cut, *webp, f"{out}.webp")
    return lambda: first() + second()


def _cpu_until(path: Path, last: str) -> float:
    """CPU seconds of everything up to the last product of this name."""

    def work() -> None:
        seen = False
        with path.open("rb") as file:
            for made in make(file, medium_of(path)):
                is_it = isinstance(made, Product) and made.name == last
                if seen and not is_it:  # a preview is two products
                    return
                seen = is_it
                if seen and last != "preview":
                    return

    return cpu_of(work)


def _beside(rows: Sequence[Row], rounds: int) -> None:
    table = Table("", "FFmpeg's", "mediamill s", "ffmpeg s", "ratio")
    for name, how, ours, theirs in rows:
        pairs = [(ours(), theirs()) for _ in range(rounds)]
        mine, other = (statistics.median(each) for each in zip(*pairs, strict=True))
        table.add_row(name, how, f"{mine:.2f}", f"{other:.2f}", f"{mine / other:.2f}")
    console.print(table)


def _look_at(files: Sequence[Path]) -> None:
    table = Table("file", "GB", "made", "requests", "MB read", "s of CPU", "MB at most")
    for path in files:
        store = Store(files={path.name: path})
        medium = medium_of(path)
        with serving(store) as client:
            file = RangedFile(
                client, BUCKET, path.name, size=medium.bytes, etag=store.etag(path),
                block=medium.block,
            )  # fmt: skip
            made: list[str] = []

            def work(file: RangedFile = file, made: list[str] = made) -> None:
                for each in isolated(file, medium):  # noqa: B023  called at once
                    if isinstance(each, Product):
                        made.append(each.name)

            cpu = cpu_of(work)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        table.add_row(
            path.name, f"{medium.bytes / 1e9:.2f}", " ".join(sorted(set(made))),
            str(file.requests), f"{file.bytes_read / 1e6:.1f}", f"{cpu:.2f}", f"{peak:.0f}",
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is needed: apt-get install ffmpeg")
    main()
