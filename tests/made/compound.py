"""Compound files ([MS-CFB]) of a few streams, which no library writes anew."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

Tree: TypeAlias = "Mapping[str, bytes | Tree]"

_SECTOR, _SMALLEST = 512, 4096  # a stream of less would go among the small sectors: all are padded
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STORAGE, _STREAM, _ROOT = 1, 2, 5


def compound(tree: Tree) -> bytes:
    """A compound file of streams and of storages that hold streams, 60 KB in all."""
    made = _Writer()
    made.add("Root Entry", tree, _ROOT)
    directory = b"".join(made.entries)
    directory += bytes(-len(directory) % _SECTOR)
    start = len(made.table)
    sectors = len(directory) // _SECTOR
    table = [*made.table, *range(start + 1, start + sectors), _END]
    assert len(table) <= _SECTOR // 4, "one sector of the table is all there is"
    table += [_FREE] * (_SECTOR // 4 - len(table))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, start, 0, _SMALLEST, _END, 0, _END, 0, 0),
    )
    return header.ljust(_SECTOR, b"\xff") + struct.pack("<128I", *table) + made.sectors + directory


class _Writer:
    """The parts of the file: the table of sectors (its own first), the sectors, the directory."""

    def __init__(self) -> None:
        self.table, self.sectors = [_TABLE], b""
        self.entries: list[bytes] = []

    def add(self, name: str, content: bytes | Tree, kind: int, *, last: bool = True) -> None:
        """One entry and what is in it; siblings are chained to the right, in their order."""
        own = len(self.entries)
        self.entries.append(b"")
        if isinstance(content, bytes):
            start, size, child = self._write(content), max(len(content), _SMALLEST), _FREE
        else:
            start, size, child = _END, 0, own + 1 if content else _FREE
            children = sorted(content, key=lambda one: (len(one), one.upper()))
            for one in children:
                inside = content[one]
                self.add(
                    one,
                    inside,
                    _STREAM if isinstance(inside, bytes) else _STORAGE,
                    last=one == children[-1],
                )
        right = _FREE if last else len(self.entries)
        encoded = name.encode("utf-16-le")
        self.entries[own] = struct.pack(
            "<64sHBBIII36xIQ",
            *(encoded, len(encoded) + 2, kind, 1, _FREE, right, child, start, size),
        )

    def _write(self, content: bytes) -> int:
        padded = content.ljust(_SMALLEST, b"\0")
        padded += bytes(-len(padded) % _SECTOR)
        start = len(self.table)
        self.table += [*range(start + 1, start + len(padded) // _SECTOR), _END]
        self.sectors += padded
        return start
