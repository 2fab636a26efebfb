"""What is uploaded in a history: a few bytes that say what the workers are to make of them.

    %PDF-1.4 {"kind": "document", "serial": 3, "pages": 4, "parts": 2, "fails": "", …}

The first bytes are those of the format, so that ingest sees the kind; the rest is for the workers
of `model.jobs`, which do as they are told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

MAGIC: Mapping[str, bytes] = MappingProxyType(
    {
        "image": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
        "document": b"%PDF-1.4\n",
        "office": b"{\\rtf1\\ansi ",
        "other": b"\x00\x01\x02\x03" * 8,
    }
)
STEPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "image": ("metadata", "image"),
        "document": ("metadata", "document"),
        "office": ("metadata", "office", "document"),
        "other": ("metadata",),
    }
)


@dataclass(frozen=True, slots=True)
class Content:
    """An original. `serial` tells it from others; 0 is always the same bytes.

    `step` fails in the way of `fails`: `refuses` (Unprocessable), `raises` and `crashes`, which end
    after `times` tries; 99 is always. It does so before, or after `stores_first`, its first object.
    """

    kind: str = "image"
    serial: int = 0
    pages: int = 2
    parts: int = 0
    step: str = ""
    fails: str = ""
    times: int = 0
    stores_first: bool = False

    @property
    def body(self) -> bytes:
        """The bytes to upload."""
        return MAGIC[self.kind] + json.dumps(asdict(self)).encode()

    @classmethod
    def of(cls, body: bytes) -> Content:
        """What the bytes of an original say."""
        return cls(**json.loads(body[body.index(b'{"') :]))

    @property
    def digest(self) -> str:
        """What tells this original's derivatives from those of others."""
        return f"{self.kind}-{self.serial}-{self.pages}-{self.parts}-{self.step}-{self.fails}"

    def failing(self) -> str:
        """The step that fails at last, however often it is tried; empty where none does."""
        return self.step if self.fails == "refuses" or self.times >= 99 else ""
