"""One conversion: one LibreOffice process, with its own profile, folder, walls and clock.

A process per document costs what starting LibreOffice costs (about 0.5 s of CPU with a warm
profile) and buys that no document meets another: a crash, a leak, a hang ends with its own job.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediamill.domain.bounded import at_most, confine, started
from mediamill.domain.derivative import Product
from mediamill.domain.errors import Broken, PasswordRequired, TimedOut
from mediamill.domain.office import registry
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.formats import TEXT
from mediamill.domain.office.prepare import Ready, prepare

CONFINE = Path(confine.__file__)

# What LibreOffice reads beside its own folder; Debian keeps parts of it in /etc and /var.
_READABLE = (
    "/usr",
    "/lib",
    "/lib64",
    "/opt",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/var/cache/fontconfig",
    "/dev/urandom",
)
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
_PIPES = "/tmp"  # where LibreOffice makes the socket it hears of further documents by
_RESTART = 81  # LibreOffice wrote a fresh profile and asks to be started again
_ATTEMPTS = 2  # a crash that does not repeat was the machine's, one that does is the document's
_JOB = "mediamill-office-job-"  # then the process that the job's folder belongs to
_WARM_UP_SECONDS = 120.0
# LibreOffice's numbers for what it writes: 0 is its default.
_VERSIONS = {"": "0", "1b": "1", "2b": "2", "3b": "3"}


@dataclass(frozen=True, slots=True)
class Office:
    """An installed LibreOffice, and the warmed profile that every job starts from a copy of."""

    program: Path
    profile: Path


def locate(command: str = "soffice") -> Path | None:
    """The LibreOffice program behind a command's name or path; None where there is none.

    It is the binary beside the `soffice` script: the script and the starter that it calls only
    look for Java and for a splash screen.
    """
    found = shutil.which(command)
    if found is None:
        return None
    folder = Path(found).resolve().parent
    binary = folder / "soffice.bin"
    return binary if binary.exists() else Path(found).resolve()


def install(command: str = "soffice", profile: Path | None = None) -> Office:
    """The LibreOffice behind a command, with a warmed profile: the one given, or its own.

    Where no profile is given, one is kept in a folder of this user's among the temporary files,
    and shared by every process that uses the same LibreOffice. Raises RuntimeError where there is
    no LibreOffice, or where that folder is somebody else's.
    """
    _sweep_folders()
    program = locate(command)
    if program is None:
        raise RuntimeError(f"There is no LibreOffice: {command} is not on the PATH.")
    if profile is None:
        stamp = hashlib.sha256(f"{program}:{program.stat().st_mtime_ns}".encode()).hexdigest()
        owned = Path(tempfile.gettempdir()) / f"mediamill-office-{os.getuid()}"
        owned.mkdir(mode=0o700, exist_ok=True)
        status = owned.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise RuntimeError(f"{owned} is not this user's folder.")
        profile = owned / stamp[:16]
    return Office(program, profile) if profile.exists() else warm(program, profile)


def warm(program: Path, profile: Path) -> Office:
    """Make `profile` by starting LibreOffice once on a document of one word.

    Raises RuntimeError if LibreOffice cannot be started, which no document is to blame for.
    """
    with _job(None) as folder:
        registry.write(folder / "profile")
        document = folder / "in" / "document.txt"
        document.write_text("mediamill\n", "utf-8")
        bounds = Bounds(seconds=_WARM_UP_SECONDS)
        for _ in range(3):
            outcome = _run(program, Ready(document, TEXT), folder, bounds)
            if outcome != _RESTART:
                break
        if not (folder / "out" / "document.pdf").exists():
            raise RuntimeError(f"LibreOffice did not start ({outcome}): {_log(folder)}")
        unfinished = Path(tempfile.mkdtemp(dir=profile.parent))
        shutil.copytree(folder / "profile", unfinished, dirs_exist_ok=True)
        try:
            unfinished.rename(profile)
        except OSError:  # another process was first; its profile is as good
            shutil.rmtree(unfinished)
            if not profile.exists():
                raise
    return Office(program, profile)


def convert(
    original: bytes,
    *,
    name: str,
    content_type: str = "",
    office: Office,
    bounds: Bounds | None = None,
    pdf_a: str = "",
    scratch: Path | None = None,
) -> Product:
    """The document as PDF: the product `pdf`, `truncated` where pages were left out.

    `name` is the original's, for its extension; `pdf_a` asks for PDF/A: `1b`, `2b` or `3b` (ISO
    19005); `scratch` is where the job's folder is made, the system's folder for temporary files by
    default.

    Raises PasswordRequired, Unsupported, TooLarge (a bomb), TimedOut, or Broken, also where
    LibreOffice crashes twice on it; and RuntimeError where the walls around it do not stand.
    """
    bounds = bounds or Bounds()
    with _job(scratch) as folder:
        source = folder / "original"
        source.write_bytes(original)
        ready = prepare(source, folder / "in", name=name, content_type=content_type, bounds=bounds)
        source.unlink()
        made = folder / "out" / "document.pdf"
        for _ in range(_ATTEMPTS):
            shutil.rmtree(folder / "profile", ignore_errors=True)
            shutil.copytree(office.profile, folder / "profile")
            outcome = _run(office.program, ready, folder, bounds, pdf_a)
            if outcome == confine.REFUSED:
                raise RuntimeError(_log(folder))
            if made.exists() and outcome == 0:
                body, cut = _verified(made, bounds.pages)
                return Product(
                    name="pdf",
                    body=body,
                    format="pdf",
                    truncated=cut or ready.truncated,
                )
            if outcome >= 0 and outcome != _RESTART:
                break
            made.unlink(missing_ok=True)
        if ready.encrypted:
            raise PasswordRequired("The document is encrypted with a password.")
        if outcome < 0:
            raise Broken("LibreOffice crashes on this document.", code="broken_document")
        raise Broken("LibreOffice cannot read this document.", code="broken_document")


@contextmanager
def _job(scratch: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"{_JOB}{os.getpid()}-", dir=scratch) as made:
        folder = Path(made).resolve()
        for name in ("in", "out", "home", "tmp"):
            (folder / name).mkdir()
        yield folder


def _run(program: Path, ready: Ready, folder: Path, bounds: Bounds, pdf_a: str = "") -> int:
    """Run LibreOffice to its end or its time; the exit code, negative for a signal.

    Raises TimedOut; nothing of the process group is left either way.
    """
    specification = {
        "read": [*_READABLE, str(program.parent.parent)],
        "write": [str(folder), "/dev/null"],
        "execute": list(_LOADERS),
        "sockets": [_PIPES],
        "limits": {"AS": bounds.memory_bytes, "FSIZE": bounds.output_bytes},
    }
    command = [
        *(sys.executable, "-I", "-S", "-B", str(CONFINE), json.dumps(specification)),
        *_command(program, ready, folder, bounds, pdf_a),
    ]
    try:
        with (
            (folder / "log").open("wb") as log,
            started(
                command,
                environment={
                    "HOME": str(folder / "home"),
                    "TMPDIR": str(folder / "tmp"),
                    "LANG": "C.UTF-8",
                    "PATH": "/usr/bin:/bin",
                    "SAL_USE_VCLPLUGIN": "svp",
                    "SAL_DISABLE_OPENCL": "1",
                },
                folder=folder,
                output=log,
                messages=log,
            ) as process,
        ):
            return process.wait(at_most(bounds.seconds))
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"The conversion took more than {bounds.seconds:.0f} seconds.") from error
    finally:
        _sweep_pipes()


def _command(
    program: Path, ready: Ready, folder: Path, bounds: Bounds, pdf_a: str
) -> Sequence[str]:
    options = {
        # One more than is kept tells whether there is more.
        "PageRange": {"type": "string", "value": f"1-{bounds.pages + 1}"},
        "ExportBookmarks": {"type": "boolean", "value": "true"},
        "UseTaggedPDF": {"type": "boolean", "value": "true"},
        "SelectPdfVersion": {"type": "long", "value": _VERSIONS[pdf_a]},
    }
    return [
        str(program),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nologo", "--nodefault", "--nofirststartwizard"),
        f"--infilter={ready.format.import_filter}",
        *("--convert-to", f"pdf:{ready.format.export_filter}:{json.dumps(options)}"),
        *("--outdir", str(folder / "out")),
        str(ready.path),
    ]


def _verified(made: Path, pages: int) -> tuple[bytes, bool]:
    """The PDF's bytes, at most `pages` of it, and whether there were more."""
    import pypdfium2

    try:
        with contextlib.closing(pypdfium2.PdfDocument(made)) as document:
            count = len(document)
            if 1 <= count <= pages:
                return made.read_bytes(), False
            if count:
                for index in reversed(range(pages, count)):
                    del document[index]
                document.save(made.with_name("kept.pdf"))
    except pypdfium2.PdfiumError as error:
        raise Broken(
            "LibreOffice made no readable PDF of this document.", code="broken_document"
        ) from error
    if not count:
        raise Broken("The document has no page.", code="broken_document")
    return made.with_name("kept.pdf").read_bytes(), True


def _log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8", "replace")[-500:].strip()


def _sweep_pipes() -> None:
    """Remove the sockets that killed LibreOffices left behind: those that nobody listens on."""
    with contextlib.suppress(OSError):
        alive = Path("/proc/net/unix").read_text()
        for pipe in Path(_PIPES).glob("OSL_PIPE_*"):
            status = pipe.lstat()
            ours = stat.S_ISSOCK(status.st_mode) and status.st_uid == os.getuid()
            if ours and str(pipe) not in alive:
                pipe.unlink(missing_ok=True)


def _sweep_folders() -> None:
    """Remove the folders of jobs whose process was killed before it could."""
    for left in Path(tempfile.gettempdir()).glob(f"{_JOB}*"):
        owner = left.name.removeprefix(_JOB).partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
