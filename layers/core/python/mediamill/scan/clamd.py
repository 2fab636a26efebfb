"""clamd, kept warm: started for one set of definitions, asked over its socket, ended in any doubt.

Files are handed over as open files (`FILDES` of clamd's protocol, clamd(8)): clamd reads them where
they are, for a seventh of the processor time that its copy of a stream (`INSTREAM`) took.
"""

from __future__ import annotations

import array
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO

from mediamill.domain.bounded.deadline import at_most
from mediamill.domain.bounded.restrain import hide_memory
from mediamill.domain.scan.unread import FILE_NAME, signatures
from mediamill.domain.scan.verdict import LARGEST

SCAN_SECONDS = 300
"""What clamd may take for one file; it then says that it saw only a part."""

# MiB of all that is looked at for one file. No more than one file may have: measured with clamd
# 1.4, a member of an archive that is larger than MaxFileSize is cut and called OK, unless what was
# looked at is past MaxScanSize by then.
_UNPACKED = LARGEST >> 20
_LOOK_SECONDS = 0.02
_SOCKET_BYTES = 108
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"

# Whatever clamd does not look at it has to say: that is what the Alert… lines are for.
_CONFIGURATION = f"""\
Foreground yes
LocalSocket {{socket}}
LocalSocketMode 600
DatabaseDirectory {{definitions}}
TemporaryDirectory {{scratch}}
MaxThreads 2
SelfCheck 0
ConcurrentDatabaseReload no
StreamMaxLength {LARGEST >> 20}M
MaxFileSize {LARGEST >> 20}M
MaxScanSize {_UNPACKED}M
MaxScanTime {SCAN_SECONDS * 1000}
AlertExceedsMax yes
AlertEncrypted yes
"""


class ScannerFailed(RuntimeError):
    """clamd did not start, or ended, or did not answer: nothing is known of any file."""


class Clamd:
    """One clamd with the definitions of one folder.

        clamd = Clamd(folder / "definitions", folder)
        clamd.start()
        clamd.ask(file)        # "fd[9]: OK"

    `scratch` is its own for its socket and what it unpacks. Not for several threads.
    """

    def __init__(self, definitions: Path, scratch: Path, *, command: str = "clamd") -> None:
        self._definitions = definitions
        self._scratch = scratch
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started, and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it has loaded its definitions. Raises ScannerFailed."""
        program = located(self._command)
        if program is None:
            raise ScannerFailed(f"There is no {self._command} here: docs/scanning.md says more.")
        self._scratch.mkdir(parents=True, exist_ok=True)
        (self._definitions / FILE_NAME).write_text(signatures())
        configuration = self._scratch / "clamd.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                socket=self._socket, definitions=self._definitions, scratch=self._scratch
            )
        )
        hide_memory()  # before anything else runs as the same user
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                [*_leashed(), program, f"--config-file={configuration}"],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                env={"LANG": "C.UTF-8"},  # ours holds credentials
                start_new_session=True,
            )
        try:
            while not self._answers():
                if not self.is_running:
                    raise ScannerFailed(f"clamd did not start: {self._last_words()}")
                time.sleep(_LOOK_SECONDS)
        except BaseException:
            self.stop()
            raise

    def ask(self, file: IO[bytes]) -> str:
        """What it says of an open file. Raises ScannerFailed, or OSError where it is gone."""
        answer = self._call(b"FILDES", file.fileno())
        if not answer.endswith(b"\0"):
            raise ScannerFailed(f"clamd ended in the middle of its answer: {answer[:200]!r}")
        return answer.rstrip(b"\0").decode("utf-8", "replace")

    def stop(self) -> None:
        """End it, whatever it is doing."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self._scratch:
            self._socket.parent.rmdir()
            del self._socket  # the next start makes another

    @cached_property
    def _socket(self) -> Path:
        """In the scratch folder, or in one with a shorter name: unix(7) has room for 108 bytes."""
        path = self._scratch / "socket"
        if len(bytes(path)) < _SOCKET_BYTES:
            return path
        return Path(tempfile.mkdtemp(prefix="clamd-", dir="/tmp")) / "socket"

    @property
    def _words(self) -> Path:
        return self._scratch / "clamd.log"

    def _answers(self) -> bool:
        try:
            return self._call(b"PING") == b"PONG\0"
        except (FileNotFoundError, ConnectionError):
            return False

    def _call(self, command: bytes, file: int | None = None) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(at_most(SCAN_SECONDS * 2))
            line.connect(str(self._socket))
            line.sendall(b"z" + command + b"\0")
            if file is not None:
                rights = array.array("i", [file])
                line.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            pieces = []
            while piece := line.recv(4096):
                pieces.append(piece)
        return b"".join(pieces)

    def _last_words(self) -> str:
        lines = self._words.read_text(errors="replace").split("\n")
        return " ".join(line for line in lines[-4:] if line)[:300] or "it said nothing"


def located(command: str) -> str | None:
    """The path of one of ClamAV's programs; Debian keeps clamd where not everybody looks."""
    return shutil.which(command) or shutil.which(command, path=_SYSTEM_PATH)


def _leashed() -> list[str]:
    """What in front of a command makes the kernel end it when this process ends."""
    program = shutil.which("setpriv", path=_SYSTEM_PATH + ":/bin:/sbin")
    if sys.platform != "linux" or program is None:
        return []
    return [program, "--pdeathsig", "KILL", "--no-new-privs"]
