"""What a file is, where only the end of it says so."""

from __future__ import annotations

from typing import Any

import pytest
from made.flow import Flow
from made.heads import film

from mediamill.aws.storage import look, reach
from mediamill.domain.detect import HEAD_BYTES
from mediamill.domain.kind import Kind


@pytest.mark.parametrize(
    ("handlers", "kind"), [((b"soun",), Kind.AUDIO), ((b"soun", b"vide"), Kind.VIDEO)]
)
def test_a_film_whose_index_stands_last_is_known_by_it(
    flow: Flow, context: Any, handlers: tuple[bytes, ...], kind: Kind
) -> None:
    body = film(b"isom", *handlers, index_last=True)
    assert b"moov" not in body[:HEAD_BYTES]
    flow.intake().handle(flow.upload("talk.mp4", body, "01"), context)
    assert flow.record("talk.mp4").asset.kind is kind


def test_what_has_changed_since_it_was_looked_at_has_nothing_more_to_say(flow: Flow) -> None:
    flow.upload("a.mp4", bytes(100_000), "01")
    seen = look(flow.uploads, "a.mp4", 10)
    assert seen is not None
    further = reach(flow.uploads, "a.mp4", seen[0])
    assert further(50_000, 4) == bytes(4)
    flow.upload("a.mp4", b"\1" * 100_000, "02")
    assert further(50_000, 4) == b""
