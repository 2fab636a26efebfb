"""Pictures, side by side: mediamill, Pillow as tutorials write it, sharp three times, pyvips.

    .venv/bin/python benchmarks/images.py --formats webp,jpeg --runs 5

The same three renditions (1920, 800, 200 pixels) at the same quality, alternating in one run, each
contender in a process of its own per picture. CPU time is user and system of all threads; `first`
is of the first picture of a fresh process, and so is the peak of memory. Quality is told per
size, by SSIM and SSIMULACRA2 against a full decode shrunk in linear light. Photos come from
Debian's wallpaper packages and ../shared/corpus (those of `Unseen` were used for no decision),
sharp from npm, pyvips and SSIMULACRA2 from their wheels: fetched once, into benchmarks/out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import venv
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from math import exp, log
from os import defpath
from pathlib import Path

from PIL import Image, ImageOps

HERE = Path(__file__).parent
OUT = HERE / "out"
CORPUS = HERE.parents[1] / "shared" / "corpus"
sys.path.append(str(HERE.parent / "tests"))

from compare import linear_reference, ssim  # noqa: E402

PACKAGES = (
    "plasma-workspace-wallpapers",
    "lomiri-wallpapers-20.04",
    "lomiri-wallpapers-16.04",
    "ukui-wallpapers",
    "mate-backgrounds",
    "gnome-backgrounds",
)
SIDES = {"large": 1920, "medium": 800, "thumbnail": 200}

# Name → where it lies; JPEG photographs only, the group that the headline figures are of.
PHOTOS = {
    "hands 6 MP": "corpus/2569067123_aca715a2ee_o.jpg",
    "waterside 4 MP": "debs/BytheWater/contents/images/2560x1600.jpg",
    "cups 4 MP": "debs/ColorfulCups/contents/images/2560x1600.jpg",
    "grass 9 MP": "debs/backgrounds/rhythm.jpg",
    "meadow 20 MP": "debs/backgrounds/Kleiber_by_Lukas_Baubkus.jpg",
    "sea 17 MP": "debs/backgrounds/Infinite-Sea_by_Aury88.jpg",
    "paint 24 MP": "debs/backgrounds/Painting-Colors_by__herobrine7gamer.jpg",
    "office 12 MP": "made/office-12.jpg",
    "office 12 MP portrait": "made/office-12-portrait.jpg",
    "sea 24 MP portrait": "made/sea-24-portrait.jpg",
    "mosaic 50 MP": "made/mosaic-50.jpg",
}
UNSEEN = {
    "dragonfly 13 MP": "debs/backgrounds/Dragonfly_by_Bolly.jpg",
    "seeds 16 MP": "debs/backgrounds/seeding_by_Clements_Engelhardt.jpg",
    "sunset 12 MP": "debs/backgrounds/sunset_by_Aitzol_Berasategi.jpg",
    "mountains 8 MP": "debs/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg",
    "wine 10 MP portrait": "debs/backgrounds/Wine_by_Jakkub_Mede.jpg",
    "planks 5 MP": "debs/mate/nature/Wood.jpg",
    "ladybird 4 MP": "debs/mate/nature/LadyBird.jpg",
    "rain 2 MP": "debs/mate/nature/RainDrops.jpg",
}
EXACT = {
    "PNG canopy 8 MP": "debs/Canopee/contents/images/3840x2160.png",
    "PNG goldfish 9 MP": "debs/backgrounds/goldfish.png",
    "PNG calla 9 MP": "debs/backgrounds/calla.png",
    "PNG opal 8 MP": "debs/Opal/contents/images/3840x2160.png",
    "WebP wood 17 MP": "debs/gnome/wood-d.webp",
    "WebP pixels 17 MP": "debs/gnome/pixels-l.webp",
    "WebP photo 12 MP": "made/office-12.webp",
}
OTHERS = {
    "PNG wallpaper 15 MP": "debs/Altai/contents/images/5120x2880.png",
    "PNG of a page 4 MP": "made/page.png",
    "PNG photo 4 MP": "made/cups.png",
    "AVIF 3 MP": "corpus/pitm.avif",
    "HEIC photo 12 MP": "corpus/IMG_1034.heic",
}

# Bytecode is kept, as a deployed function has it: `first` shall not be a compiler's time.
COMPILED = {"PATH": defpath, "PYTHONPYCACHEPREFIX": str(OUT / "pycache")}

CONTENDERS = (
    "mediamill",
    "pillow",
    "sharp as written",
    "sharp best",
    "sharp best equal",
    "pyvips",
)
# What mediamill's balanced effort is on sharp's scale; JPEG has none.
EQUAL_EFFORT = {"webp": "2", "jpeg": "-", "avif": "2"}


@dataclass
class Result:
    """One contender on one picture."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: float = 0.0
    bytes: int = 0
    first: float = 0.0
    ssim: dict[str, float] = field(default_factory=dict)
    ssimulacra: dict[str, float] = field(default_factory=dict)


def fetch() -> None:
    """Photos, sharp and pyvips, where they are not there yet."""
    OUT.mkdir(exist_ok=True)
    debs = OUT / "debs"
    if not debs.is_dir():
        print("fetching wallpapers from Debian …", file=sys.stderr)
        debs.mkdir()
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=debs, check=True)
        for package in debs.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, debs], check=True)
            package.unlink()
    if not (HERE / "sharp" / "node_modules").is_dir():
        print("fetching sharp from npm …", file=sys.stderr)
        npm = ["npm", "install", "--silent", "--no-save", "--no-package-lock"]
        subprocess.run(npm, cwd=HERE / "sharp", check=True)
    if not (OUT / "venv").is_dir():
        print("fetching pyvips and SSIMULACRA2 …", file=sys.stderr)
        venv.create(OUT / "venv", with_pip=True)
        wheels = ("pyvips[binary]", "pillow", "ssimulacra2")
        pip = [str(OUT / "venv/bin/pip"), "install", "-q", *wheels]
        subprocess.run(pip, check=True)
    make()


def make() -> None:
    """The pictures that no package has, from those that it has."""
    folder = OUT / "made"
    if (folder / "mosaic-50.jpg").exists():
        return
    folder.mkdir(exist_ok=True)
    import pillow_heif

    pillow_heif.register_heif_opener()
    office = Image.open(find("corpus/IMG_1034.heic")).convert("RGB")
    office.save(folder / "office-12.jpg", quality=92)
    office.save(folder / "office-12.webp", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    office.save(folder / "office-12-portrait.jpg", quality=92, exif=exif)
    sea = Image.open(find(PHOTOS["sea 17 MP"]))
    sea.resize((4000, 6000), Image.Resampling.LANCZOS, box=(600, 0, 3330, 4096)).save(
        folder / "sea-24-portrait.jpg", quality=90
    )
    mosaic = Image.new("RGB", (8660, 5773))
    parts = [office, sea, Image.open(find(PHOTOS["meadow 20 MP"])), office.rotate(180)]
    for number, part in enumerate(parts):
        tile = ImageOps.fit(part, (4330, 2887))
        mosaic.paste(tile, (number % 2 * 4330, number // 2 * 2887))
    Image.open(find(PHOTOS["cups 4 MP"])).save(folder / "cups.png")
    page = str(CORPUS / "documents" / "tracemonkey.pdf")
    target = str(folder / "page")
    subprocess.run(["pdftoppm", "-r", "200", "-singlefile", "-png", page, target], check=True)
    mosaic.save(folder / "mosaic-50.jpg", quality=90)


def find(place: str) -> Path:
    """A picture's path."""
    top, _, rest = place.partition("/")
    if top == "corpus":
        return CORPUS / "images" / rest
    if top == "made":
        return OUT / "made" / rest
    return next(path for path in (OUT / "debs").rglob(Path(rest).name) if str(path).endswith(rest))


def command(contender: str, format_: str, file: Path, folder: Path) -> list[str]:
    """How a contender is started."""
    if contender.startswith("sharp"):
        way = "as-written" if contender == "sharp as written" else "at-its-best"
        effort = EQUAL_EFFORT[format_] if contender.endswith("equal") else "-"
        worker = str(HERE / "sharp" / "worker.mjs")
        return ["node", worker, way, format_, effort, str(file), str(folder)]
    python = str(OUT / "venv/bin/python") if contender == "pyvips" else sys.executable
    return [python, str(HERE / "images_worker.py"), contender, format_, str(file), str(folder)]


def folder_of(format_: str, picture: str, contender: str) -> Path:
    """Where a contender's renditions of a picture go."""
    parts = (format_, picture, contender)
    return OUT.joinpath("renditions", *(part.replace(" ", "-").replace(",", "") for part in parts))


def compete(
    picture: str, file: Path, format_: str, contenders: Iterable[str], runs: int
) -> dict[str, Result]:
    """All contenders on one picture, in turn, `runs` times after one to warm up."""
    workers, results = {}, {}
    for contender in contenders:
        folder = folder_of(format_, picture, contender)
        folder.mkdir(parents=True, exist_ok=True)
        workers[contender] = subprocess.Popen(
            command(contender, format_, file, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=COMPILED,
        )
        results[contender] = Result()
    for turn in range(runs + 1):
        for contender, worker in workers.items():
            assert worker.stdin and worker.stdout
            try:
                worker.stdin.write("go\n" if turn else "save\n")
                worker.stdin.flush()
            except BrokenPipeError:
                continue
            answer = worker.stdout.readline()
            if not answer:
                continue
            cost = json.loads(answer)
            result = results[contender]
            if not turn:
                result.memory, result.bytes = cost["memory"], cost["bytes"]
                result.first = cost["cpu"]
            else:
                result.cpu.append(cost["cpu"])
                result.wall.append(cost["wall"])
    for worker in workers.values():
        assert worker.stdin
        with suppress(BrokenPipeError):  # it could not read the format
            worker.stdin.close()
        worker.wait()
    return {name: result for name, result in results.items() if result.cpu}


def score(picture: str, file: Path, format_: str, results: dict[str, Result]) -> None:
    """How near each rendition comes to a reference of its own size."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    references: dict[tuple[int, int], Image.Image] = {}
    for contender, result in results.items():
        for name in SIDES:
            path = folder_of(format_, picture, contender) / f"{name}.{format_}"
            made = Image.open(path).convert("RGB")
            if made.size not in references:
                references[made.size] = linear_reference(whole, made.size)
            result.ssim[name] = ssim(made, references[made.size])
            with tempfile.TemporaryDirectory() as folder:
                one, other = Path(folder, "reference.png"), Path(folder, "made.png")
                references[made.size].save(one, compress_level=1)
                made.save(other, compress_level=1)
                python = str(OUT / "venv/bin/python")
                judge = [python, "-m", "ssimulacra2.cli", str(one), str(other)]
                told = subprocess.run(judge, capture_output=True, text=True, check=True).stdout
            result.ssimulacra[name] = float(told.split()[-1])


Measured = dict[str, dict[str, dict[str, Result]]]

KEPT = OUT / "images.json"


def load() -> Measured:
    """What was timed before: group and format → picture → contender → result."""
    if not KEPT.exists():
        return {}
    return {
        title: {
            name: {contender: Result(**cost) for contender, cost in results.items()}
            for name, results in pictures.items()
        }
        for title, pictures in json.loads(KEPT.read_text()).items()
    }


def measure(
    format_: str,
    pictures: dict[str, str],
    runs: int,
    contenders: Sequence[str],
    found: dict[str, dict[str, Result]],
    measured: Measured,
) -> None:
    """Times all contenders on all pictures that are not `found` yet, and writes it down."""
    for number, (name, place) in enumerate(pictures.items(), 1):
        bar = "#" * number + "." * (len(pictures) - number)
        print(f"\r{format_} [{bar}] {name:24}", end="", file=sys.stderr, flush=True)
        if name in found:
            continue
        found[name] = compete(name, find(place), format_, contenders, runs)
        plain = {
            title: {
                picture: {contender: asdict(cost) for contender, cost in results.items()}
                for picture, results in pictures_.items()
            }
            for title, pictures_ in measured.items()
        }
        KEPT.write_text(json.dumps(plain))
    print(file=sys.stderr)


def geometric(values: Iterable[float]) -> float:
    logs = [log(value) for value in values]
    return exp(statistics.mean(logs))


def table(format_: str, group: str, all_: dict[str, dict[str, Result]]) -> dict[str, float]:
    """Prints one group's medians and returns each contender's CPU ratio to mediamill's."""
    print(f"\n## {group}, {format_}: CPU ms of the first · of a next one · peak MB · KB\n")
    print("| picture | " + " | ".join(CONTENDERS) + " |\n|---" + "|---" * len(CONTENDERS) + "|")
    for name, results in all_.items():
        cells = []
        for contender in CONTENDERS:
            r = results.get(contender)
            cells.append(
                f"{r.first:.0f} · {statistics.median(r.cpu):.0f} · {r.memory:.0f} · "
                f"{r.bytes / 1000:.0f}"
                if r
                else "–"
            )
        print(f"| {name} | " + " | ".join(cells) + " |")
    ratios = {}
    print("\nmediamill against each: geometric means; quality: mean differences, per size\n")
    for other in CONTENDERS[1:]:
        pairs = [(r["mediamill"], r[other]) for r in all_.values() if other in r]
        if not pairs:
            continue
        ratios[other] = geometric(
            statistics.median(a.cpu) / statistics.median(b.cpu) for a, b in pairs
        )
        better = [
            f"{name} {statistics.mean(a.ssim[name] - b.ssim[name] for a, b in pairs):+.4f} "
            f"({statistics.mean(a.ssimulacra[name] - b.ssimulacra[name] for a, b in pairs):+.1f})"
            for name in SIDES
            if all(name in each.ssim for pair in pairs for each in pair)
        ]
        print(
            f"- {other}: CPU {ratios[other]:.2f} ×, of the first "
            f"{geometric(a.first / b.first for a, b in pairs):.2f} ×, "
            f"memory {geometric(a.memory / b.memory for a, b in pairs):.2f} ×, "
            f"bytes {geometric(a.bytes / b.bytes for a, b in pairs):.3f} ×; "
            f"SSIM (SSIMULACRA2) {', '.join(better)}"
        )
    return ratios


def chart(path: Path, all_ratios: dict[str, dict[str, float]]) -> None:
    """Bars of CPU time relative to mediamill's, as SVG."""
    rows = [(f"{title} · mediamill", 1.0) for title in all_ratios]
    bars = []
    for title, ratios in all_ratios.items():
        bars.append((f"{title}: mediamill", 1.0))
        bars += [(other, 1 / ratio) for other, ratio in ratios.items()]
    most = max(value for _, value in bars + rows)
    parts = []
    for number, (name, value) in enumerate(bars):
        y = 20 + 24 * number
        fill = "#2f6f4f" if value == 1.0 else "#9aa5a0"
        parts.append(
            f'<text x="290" y="{y + 13}" text-anchor="end">{name}</text>'
            f'<rect x="300" y="{y}" width="{400 * value / most:.1f}" height="17" fill="{fill}"/>'
            f'<text x="{306 + 400 * value / most:.1f}" y="{y + 13}">{value:.2f}</text>'
        )
    height = 30 + 24 * len(bars)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="780" height="{height}" '
        f'font-family="sans-serif" font-size="13"><text x="10" y="14">CPU time, mediamill = 1 '
        f"(less is better)</text>{''.join(parts)}</svg>"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--formats", default="webp,jpeg", help="webp, jpeg, avif (default: %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="pictures whose name contains this")
    parser.add_argument("--measure", action="store_true", help="only time, report later")
    parser.add_argument("--more", action="store_true", help="keep what was timed before")
    parser.add_argument("--report", action="store_true", help="only report what was timed before")
    parser.add_argument("--contenders", help="some of them, by name; mediamill always")
    parser.add_argument("--groups", help="some of Photos, Unseen, Exact, Others")
    parser.add_argument("--no-quality", action="store_true", help="SSIMULACRA2 takes its time")
    arguments = parser.parse_args()
    fetch()
    groups = {"Photos": PHOTOS, "Unseen": UNSEEN, "Exact": EXACT, "Others": OTHERS}
    asked = (arguments.contenders or ",".join(CONTENDERS[1:])).split(",")
    contenders = [name for name in CONTENDERS if name in asked or name == CONTENDERS[0]]
    if arguments.groups:
        groups = {name: groups[name] for name in arguments.groups.split(",")}
    measured = load()
    if not arguments.report:
        for format_ in arguments.formats.split(","):
            for group, places in groups.items():
                chosen = {k: v for k, v in places.items() if (arguments.only or "") in k}
                title = f"{group} {format_}"
                found = measured[title] = measured.get(title, {}) if arguments.more else {}
                measure(format_, chosen, arguments.runs, contenders, found, measured)
    if arguments.measure:
        return
    ratios = {}
    for title, pictures in measured.items():
        group, format_ = title.split()
        if group not in groups:
            continue
        for name, results in pictures.items():
            if not arguments.no_quality:
                score(name, find(groups[group][name]), format_, results)
        if pictures:
            ratios[title] = table(format_, group, pictures)
    chart(OUT / "images.svg", ratios)
    print(f"\nchart: {OUT / 'images.svg'}")


if __name__ == "__main__":
    main()
