"""Built arm64 functions on a machine that has another processor: Debian's Python under QEMU.

    make arm64        builds for arm64, imports each function's handler, and has it do a small job

AWS runs the functions on arm64 by default, and few laptops or runners are. QEMU plays the
processor for one program at a time: no image, no root, no binfmt. It takes many times as long as
the real thing, most of all to compile Python, so bytecode is made before, by this machine's own.
What starts other programs (an SVG's child) cannot be shown so; what forks can.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import expand
import pillow_heif
import pillow_jxl  # noqa: F401 (lets Pillow write JPEG XL)
import samples
from finish import interpreter
from PIL import Image

from events import called

ROOT = Path(__file__).resolve().parent.parent
SYSTEM = ROOT / ".build" / "arm64" / "system"
RUNTIME = ROOT / ".build" / "arm64" / "runtime"
QEMU = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")

PYTHON = "3.13"
PACKAGES = ("python3.13", "libstdc++6", "ca-certificates")
BROUGHT = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
VARIABLES = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


def missing() -> str:
    """What this machine lacks for it, in one line; empty if nothing."""
    if QEMU is None:
        return "there is no qemu-aarch64 (Debian: qemu-user-static)"
    if interpreter(PYTHON) is None:
        return f"there is no Python {PYTHON} to compile with"
    return "" if shutil.which("mmdebstrap") or SYSTEM.exists() else "there is no mmdebstrap"


def prepare() -> None:
    """Unpack Debian's arm64 Python, and what Lambda's runtime brings, unless they are there."""
    if not SYSTEM.exists():
        partial = SYSTEM.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.parent.mkdir(parents=True, exist_ok=True)
        _do(
            "mmdebstrap", "--quiet", "--arch=arm64", "--variant=extract",
            f"--include={','.join(PACKAGES)}", "trixie", str(partial),
        )  # fmt: skip
        for name in ("bin", "lib"):  # links that the scripts of base-files would make
            if not (partial / name).exists():
                (partial / name).symlink_to(f"usr/{name}")
        _compile(partial / "usr" / "lib" / "python3.13")
        partial.rename(SYSTEM)
    if not RUNTIME.exists():
        pins = (ROOT / "requirements.lock").read_text().splitlines()
        wanted = [line.split()[0] for line in pins if line.split("==")[0] in BROUGHT]
        uv = Path(sys.executable).parent / "uv"
        _do(str(uv), "pip", "install", "--quiet", "--no-deps", "--target", str(RUNTIME), *wanted)
        _compile(RUNTIME)


def _compile(folder: Path) -> None:
    """Bytecode that is taken as it is, of all but the tests."""
    _do(
        str(interpreter(PYTHON)), "-I", "-m", "compileall", "-q", "-x", "/test",
        "--invalidation-mode", "unchecked-hash", str(folder),
    )  # fmt: skip


def run(build: Path, function: str, *files: Path) -> Any:
    """What arm64_work.py makes of files where a built function would run. Raises RuntimeError."""
    assert QEMU is not None
    folders = (build / f"{function.title()}Function", build / "CoreLayer" / "python", RUNTIME)
    told = {**_variables(function), **VARIABLES, "PYTHONPATH": ":".join(map(str, folders))}
    python = SYSTEM / "usr" / "bin" / "python3.13"
    program = ROOT / "scripts" / "arm64_work.py"
    done = _do(
        QEMU, "-L", str(SYSTEM), str(python), str(program), function, *map(str, files),
        variables=told,
    )  # fmt: skip
    said = json.loads(done.splitlines()[-1])
    if said["machine"] != "aarch64":
        raise RuntimeError(f"that was no arm64 but {said['machine']}")
    return said["made"]


@cache
def _template() -> Mapping[str, Any]:
    made: Mapping[str, Any] = expand.answered(expand.template(), {"OfficeWorker": "function"})
    return made


def _variables(function: str) -> dict[str, str]:
    """What the template gives to a function, with the names of resources for themselves."""
    properties = _template()["Resources"][f"{function.title()}Function"]["Properties"]
    return {name: str(value) for name, value in properties["Environment"]["Variables"].items()}


def pictures(folder: Path) -> list[Path]:
    """A small picture in every format that can be written here, and an SVG with text."""
    pillow_heif.register_heif_opener()
    drawn = Image.linear_gradient("L").resize((60, 40)).convert("RGB")
    found = []
    for format_ in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "BMP", "JPEG2000", "HEIF", "JXL"):
        found.append(folder / f"picture.{format_.lower()}")
        drawn.save(found[-1], format_)
    found.append(folder / "text.svg")
    found[-1].write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40">'
        '<text y="30" font-size="20">Mill</text></svg>'
    )
    return found


def _shows_pictures(made: Mapping[str, Any]) -> bool:
    whole = {"webp", "jpeg", "avif", "png"}
    return len(made) == 11 and all(
        (set(each) == whole or name == "text.svg")
        and all(size[:2] == [60, 40] and size[2] > 100 for size in each.values())
        for name, each in made.items()
    )


def _shows_a_document(made: Mapping[str, Any]) -> bool:
    return (
        len(made.get("pages", ())) == 3
        and len(made.get("thumbnail", ())) == 1
        and any("Every original stays" in text for text in made.get("text", ()))
    )


def _shows_an_answer(status: int, length: int) -> bool:
    return status == 200 and length > 1000


CHECKS: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], bool]]] = {
    # function: the samples that it is given, and whether what it made of them is right
    "ingest": (
        ("picture.jpeg", "report.pdf"),
        lambda made: list(made.values()) == ["image/jpeg", "application/pdf"],
    ),
    "image": (("picture.*", "text.svg"), _shows_pictures),
    "metadata": (
        ("picture.jpeg", "report.pdf"),
        lambda made: (
            made["picture.jpeg"]["width"] == 60
            and made["report.pdf"]["document"]["page_count"] == 3
        ),
    ),
    "document": (("report.pdf",), _shows_a_document),
    "office": ((), lambda made: made == {}),
    "av": (("*.mp4",), lambda made: made["colours.mp4"][0] == ["poster", 640, 360]),
    "manifest": ((), lambda made: made == {}),
    "sweep": ((), lambda made: made == {}),
    "api": (
        ("call.json",),
        lambda made: made["call.json"][0] == 200 and made["call.json"][1] > 1000,
    ),
}


def main() -> int:
    """Build, run each function, say what each came to; 1 if one did not do its work."""
    if lacking := missing():
        sys.exit(f"The arm64 functions cannot be run: {lacking}.")
    prepare()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures(folder)
        samples.SAMPLES["documents/report.pdf"](folder / "report.pdf")
        (folder / "call.json").write_text(
            json.dumps(called("GET", "/openapi.json", is_signed=True))
        )
        samples.SAMPLES["video/colours.mp4"](folder / "colours.mp4")
        build = built(folder)
        for function, (patterns, is_right) in CHECKS.items():
            files = [path for each in patterns for path in sorted(folder.glob(each))]
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            made = run(build, function, *files)
            seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            is_well = is_right(made)
            failed = failed or not is_well
            said = "did its work" if is_well else f"is WRONG: {made}"
            print(f"{function:10} {said}, {seconds:.0f} s of processor time", flush=True)
    return int(failed)


def built(folder: Path) -> Path:
    """What `make build` makes for AWS, in a folder of its own."""
    bin_folder = Path(sys.executable).parent
    _do(
        str(bin_folder / "sam"), "build", "--build-dir", str(folder / "build"),
        "--cache-dir", str(folder / "cache"),
        "--parameter-overrides", f"Runtime=python{PYTHON} Architecture=arm64",
    )  # fmt: skip
    finishing = ROOT / "scripts" / "finish.py"
    _do(sys.executable, str(finishing), "--build-dir", str(folder / "build"))
    return folder / "build"


def _do(*command: str, variables: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=variables)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
