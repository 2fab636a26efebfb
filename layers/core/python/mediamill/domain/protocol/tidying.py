"""What the results bucket holds for a key, against what its record lists.

Whoever wrote or deleted under a key, and then finds that the record has moved on meanwhile, marks
the record that stands now as untidy. Nothing is undone by guessing: the finisher lists what is
there and compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mediamill.domain.made import Stored


@dataclass(frozen=True, slots=True)
class Untidiness:
    """What is there and not listed, and the steps whose derivatives are not as they were stored."""

    extra: tuple[str, ...]
    damaged: frozenset[str]
    is_manifest_lost: bool


def compare(
    found: Mapping[str, str],
    listed: Mapping[str, Iterable[Stored]],
    *,
    manifest: str | None = None,
    manifest_etag: str | None = None,
) -> Untidiness:
    """Hold the objects `found` (key → ETag) against the derivatives that each step has listed.

    `manifest` is the key of the record's manifest. With no `manifest_etag` there is none yet, and
    whatever stands under its key is about to be written over.
    """
    wanted = {stored.row.key for rows in listed.values() for stored in rows}
    kept = wanted | ({manifest} if manifest else set())
    damaged = {
        step
        for step, rows in listed.items()
        if any(found.get(stored.row.key) != stored.etag for stored in rows)
    }
    return Untidiness(
        extra=tuple(key for key in found if key not in kept),
        damaged=frozenset(damaged),
        is_manifest_lost=manifest_etag is not None
        and manifest is not None
        and found.get(manifest) != manifest_etag,
    )
