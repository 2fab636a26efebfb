"""What the API answers, typed; what it may say in a later release, and we do not know, is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T", bound="Row")

PROCESSING = "processing"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One asset of a list. `bytes` is the original's size; times are ISO 8601, in UTC."""

    key: str
    asset_id: str
    kind: str
    status: str
    bytes: int
    content_type: str
    created_at: str

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to come: complete, partial, failed, rejected or deleted."""
        return self.status != PROCESSING


@dataclass(frozen=True, kw_only=True)
class Event(Row):
    """An asset whose status changed. `id` is the same each time that this change is told."""

    id: str
    changed_at: str


@dataclass(frozen=True, kw_only=True)
class Asset(Row):
    """All that is known of an asset.

    `links` has addresses that need no credentials, by results key, for `links_seconds`; `srcset` is
    ready for HTML, by media type. `manifest` and `steps` are as docs/schemas has them.
    """

    steps: Mapping[str, Any]
    links: Mapping[str, str]
    links_seconds: int
    srcset: Mapping[str, str]
    manifest: Mapping[str, Any] | None
    rejection: Mapping[str, str] | None
    original: str | None
    updated_at: str | None
    completed_at: str | None


_EMPTY: Mapping[str, Any] = {"links": {}, "srcset": {}, "steps": {}}


def read(kind: type[T], told: Mapping[str, Any]) -> T:
    """An instance of a class from an answer's JSON."""
    names = [field.name for field in fields(kind)]
    return kind(**{name: told.get(name, _EMPTY.get(name)) for name in names})
