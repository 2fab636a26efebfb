"""Which files an upload takes, and the key that each of them gets."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mediamill_cli.errors import Usage

KEY_BYTES = 1024  # S3's bound on a key, in bytes of UTF-8


@dataclass(frozen=True, slots=True)
class Source:
    """One file to upload: where it is, the key it gets, and its size in bytes."""

    path: Path
    key: str
    bytes: int

    @property
    def content_type(self) -> str:
        """What its name suggests; the pipeline looks at the content instead."""
        return mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"


def find_sources(paths: Sequence[Path], prefix: str = "") -> Sequence[Source]:
    """Every file that `paths` name or contain, with its key: the path as it was given.

    A path that is absolute or climbs keeps what comes after that, from its last folder on:
    `../../holiday` becomes `holiday/…`. Hidden files inside a folder are left out.
    Raises Usage where a path is missing, empty, cannot be read, or makes a key that cannot be.
    """
    sources: dict[str, Source] = {}
    for path in paths:
        try:
            found = list(_below(path))
        except OSError as error:
            raise Usage(
                f"{error.filename or path} cannot be read: {error.strerror or error}.",
                do="Look at its permissions, or leave it out.",
            ) from error
        if not found:
            raise Usage(f"{path} has no files in it.", do="Name a folder with files, or a file.")
        for each in found:
            key = _checked(prefix + _key(path, each), each)
            if key in sources and sources[key].path.resolve() != each.resolve():
                raise Usage(
                    f"{sources[key].path} and {each} would both become {key!r}.",
                    do="Upload them in two commands, one with --prefix.",
                )
            sources[key] = Source(each, key, each.stat().st_size)
    return list(sources.values())


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from _files(path)
    elif path.exists():
        raise Usage(f"{path} is neither a file nor a folder.", do="Name files and folders only.")
    else:
        raise Usage(f"There is no {path}.", do="Look at the spelling; quote names with spaces.")


def _files(folder: Path) -> Iterable[Path]:
    for each in sorted(folder.iterdir()):
        if each.name.startswith("."):
            continue
        if each.is_dir() and not each.is_symlink():
            yield from _files(each)
        elif each.is_file():
            yield each


def _key(given: Path, found: Path) -> str:
    inner = found.relative_to(given)
    climbs = given.is_absolute() or ".." in given.parts
    last = given.resolve().name if given.name in ("", "..") else given.name
    top = last if climbs else given.as_posix()
    return str(PurePosixPath(top) / inner.as_posix())


def _checked(key: str, path: Path) -> str:
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise Usage(
            f"The name of {str(path)!a} is not valid UTF-8, and S3 keys are.",
            do="Rename the file.",
        ) from None
    if size > KEY_BYTES:
        raise Usage(
            f"The key of {path} would have {size} bytes; S3 takes {KEY_BYTES}.",
            do="Upload it from a folder nearer to it, or under a shorter name.",
        )
    return key
