"""A small, seeded share of the fuzzing that scripts/fuzz_metadata.py does at length."""

from __future__ import annotations

import io
import json
import random
import struct

import pytest
from made.corpus import CORPUS, Original, originals
from made.mutate import mutated
from made.remote import Bucket, reader

from mediamill.domain.errors import Unprocessable
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import describe, publish
from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import to_json

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project")
EACH = 4


@pytest.mark.parametrize("original", originals(), ids=lambda original: original.path.name)
def test_a_damaged_file_gives_a_record_or_is_unprocessable(original: Original) -> None:
    body = original.path.read_bytes()
    for seed in range(EACH):
        chance = random.Random(f"{original.path.name}-{seed}")
        damaged = mutated(body, body[::-1], chance)
        try:
            record = describe(
                reader(Bucket(damaged)),
                key=original.path.name,
                size=len(damaged),
                kind=original.kind,
                content_type=original.content_type,
            )
        except Unprocessable:
            continue
        json.dumps(to_json(record), allow_nan=False).encode()
        publish(record, Privacy.NO_LOCATION)


@pytest.mark.parametrize("original", originals()[::5], ids=lambda original: original.path.name)
@pytest.mark.parametrize("kind", list(Kind))
def test_a_file_taken_for_another_kind_gives_a_record(original: Original, kind: Kind) -> None:
    body = original.path.read_bytes()
    record = describe(
        io.BytesIO(body),
        key="a",
        size=len(body),
        kind=kind,
        content_type="application/octet-stream",
    )
    assert record.bytes == len(body)


def test_a_property_set_that_counts_to_four_billion_is_read_at_once() -> None:
    body = bytearray((CORPUS / "documents" / "testEXCEL.xls").read_bytes())
    # The format's identifier of a summary, then the place of its section.
    at = body.find(bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9"))
    (place,) = struct.unpack_from("<I", body, at + 16)
    struct.pack_into("<I", body, at - 28 + place + 4, 0xFFFFFFFF)
    record = describe(
        io.BytesIO(bytes(body)),
        key="a.xls",
        size=len(body),
        kind=Kind.OFFICE,
        content_type="application/vnd.ms-excel",
    )
    assert record.document is not None
    assert record.document.title == "Simple Excel document"
