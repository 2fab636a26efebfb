"""Room: a forked child gets large buffers in few page faults, where the kernel has huge pages."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediamill.domain.bounded import streamed

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
needs_huge_pages = pytest.mark.skipif(
    not SETTING.exists() or "[never]" in SETTING.read_text(), reason="there are no huge pages"
)


def faults() -> Iterator[int]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    body = bytearray(20_000_000)
    body[::4096] = b"x" * len(body[::4096])
    yield resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@needs_huge_pages
def test_a_large_buffer_costs_few_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    (few,) = streamed(10, 10**8, faults)
    monkeypatch.setattr(sys.modules["mediamill.domain.bounded.streamed"], "make_room", int)
    (many,) = streamed(10, 10**8, faults)
    assert many > 4_000
    assert few < many / 4
