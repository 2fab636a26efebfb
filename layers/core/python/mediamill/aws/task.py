"""A worker's job as it sees it: the asset, the source to read, and a place for what it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mediamill.aws import storage
from mediamill.aws.ranged import BLOCK, RangedFile
from mediamill.aws.results import Shelf
from mediamill.domain.asset import Asset, Source
from mediamill.domain.derivative import Product
from mediamill.domain.stored import StoredFacts
from mediamill.settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is given.

    `part` is the part of a split job that is to be done now; `parts` collects those that the job
    leaves to other deliveries.
    """

    asset: Asset
    source: Source
    settings: Settings
    shelf: Shelf
    part: str | None = None
    parts: list[str] = field(default_factory=list)

    def read(self) -> bytes:
        """All bytes of the source, which the limits of its kind allow. Raises TooLarge."""
        return storage.read(self.source, self.settings.limits.bytes_for(self.source.kind))

    def open(self, block: int = BLOCK) -> RangedFile:
        """The source as a file, of which only what is read is fetched, in blocks of some bytes."""
        return storage.ranged(self.source, block)

    def save(self, path: Path) -> None:
        """Write the source to a file, for what is too large for memory. Raises TooLarge."""
        storage.save(self.source, path, self.settings.limits.bytes_for(self.source.kind))

    def stored(self) -> StoredFacts:
        """What S3 itself knows of the source."""
        return storage.stored_facts(self.source)

    def user_metadata(self) -> Mapping[str, str]:
        """What the uploader said of the original (`x-amz-meta-…`), by lower-case names."""
        return storage.user_metadata(self.asset)

    def store(self, product: Product) -> None:
        """Store a product under its name in the results bucket, while the job goes on."""
        self.shelf.put(product)

    def leave(self, part: str) -> None:
        """Leave a part of the job to another delivery; the step closes when the last one is in."""
        self.parts.append(part)
