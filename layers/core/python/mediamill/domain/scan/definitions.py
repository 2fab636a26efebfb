"""The definitions that are published: a set of files that never changes, and one pointer to it.

    definitions/current.json                the pointer, written last
    definitions/<digest of the set>/<name>  the files

A reader that follows the pointer and holds each file against it never loads half a set.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

POINTER = "definitions/current.json"

_NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_.-]*\.(?:cvd|cld|cud|[hmn]db|[hm]sb|ndu|ldb|ldu|idb|cdb|cbc|cfg|crb|"
    r"[gpw]db|ftm|fp|sfp|ign2?|info|yara?)"
)


class BadDefinitions(RuntimeError):
    """Definitions that are missing, too old, or not what they should be: nothing is clean by them.

    It may be mended and the file tried again, so it is no Unprocessable.
    """


@dataclass(frozen=True, slots=True)
class DefinitionsFile:
    """One file of a set; its size in bytes."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """A published set; `published_at` is when it was last found to be the newest, ISO 8601."""

    files: tuple[DefinitionsFile, ...]
    published_at: str

    @classmethod
    def of(cls, files: Iterable[DefinitionsFile], published_at: str) -> Definitions:
        """A set in order. Raises BadDefinitions where it is empty or a name is no definitions'."""
        ordered = tuple(sorted(files, key=lambda file: file.name))
        if not ordered:
            raise BadDefinitions("There are no definitions.")
        for file in ordered:
            if not is_name(file.name):
                raise BadDefinitions(f"{file.name!r} is no name of a file of definitions.")
        return cls(ordered, published_at)

    @classmethod
    def parse(cls, text: bytes) -> Definitions:
        """A pointer's content. Raises BadDefinitions."""
        try:
            told = json.loads(text)
            files = [DefinitionsFile(**each) for each in told["files"]]
            datetime.fromisoformat(told["published_at"])
        except (ValueError, TypeError, KeyError) as error:
            raise BadDefinitions(f"The pointer to the definitions is none: {error}") from error
        return cls.of(files, told["published_at"])

    @property
    def digest(self) -> str:
        """The set's name: the same files have the same, whenever they were published."""
        listed = "".join(f"{file.name}\0{file.sha256}\n" for file in self.files)
        return hashlib.sha256(listed.encode()).hexdigest()

    def key(self, file: DefinitionsFile) -> str:
        """Where one of its files is."""
        return f"definitions/{self.digest}/{file.name}"

    def text(self) -> bytes:
        """The pointer's content."""
        told = {"published_at": self.published_at, "files": [asdict(file) for file in self.files]}
        return json.dumps(told, indent=2).encode()

    def check_age(self, now: float, most: float) -> None:
        """Raise BadDefinitions where it is over `most` seconds old at `now` (epoch seconds)."""
        age = now - datetime.fromisoformat(self.published_at).timestamp()
        if age > most:
            raise BadDefinitions(
                f"The definitions are of {self.published_at}, {age / 86_400:.1f} days old: "
                "no file is taken for clean by them."
            )


def is_name(name: str) -> bool:
    """Whether a file may be called so in a set: clamd goes by the ending, and no path is one."""
    return _NAME.fullmatch(name) is not None
