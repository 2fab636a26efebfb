"""What the storage says of an object, apart from its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediamill.domain.facts import When


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """What S3 itself says about the object; `checksums` by algorithm, as S3 encodes them."""

    etag: str | None = None
    checksums: dict[str, str] = field(default_factory=dict)
    storage_class: str | None = None
    last_modified: When | None = None
