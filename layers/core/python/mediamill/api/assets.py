"""Assets, read: lists of them, and all that is known of one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mediamill.api import models
from mediamill.api.browse import Browse
from mediamill.api.call import Answer, Call
from mediamill.api.links import CACHED_SECONDS, SECONDS, Links, link
from mediamill.api.manifests import manifest_of, rows_of, standing
from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Record
from mediamill.domain.derivative import Derivative
from mediamill.domain.keys import manifest_key
from mediamill.domain.kind import Status
from mediamill.domain.manifest import StepError
from mediamill.domain.srcset import srcset

_LINKED_PAGES = 20  # a link is a signature, and 2,000 pages are many: /deliver has the others


@dataclass(frozen=True, slots=True)
class Assets:
    """Where assets are read from."""

    browse: Browse
    table: AssetsTable
    uploads: str
    links: Links

    def list(self, call: Call) -> Answer:
        """A page of the list that the query asks for."""
        page = self.browse.page(call.query, call.below(call.query.prefix))
        return Answer(page, headers={"Cache-Control": "no-store"})

    def get(self, call: Call) -> Answer:
        """One asset; 304 where the caller has what stands."""
        record = standing(self.table, call.key)
        headers = {"ETag": _tag(record, call), "Cache-Control": "private, no-cache"}
        if headers["ETag"] in call.headers.get("if-none-match", ""):
            return Answer(status=304, headers=headers)
        return Answer(self._told(record, call), headers=headers)

    def _told(self, record: Record, call: Call) -> models.Asset:
        asset = record.asset
        manifest = None
        if record.status is not Status.PROCESSING:
            manifest = manifest_of(self.links.results, asset.key)
        if manifest is not None and manifest["asset_id"] != asset.asset_id:
            manifest = None  # of the version before
        links, sets = self._links(asset.key, manifest, call)
        return models.Asset(
            key=asset.key,
            asset_id=asset.asset_id,
            kind=asset.kind,
            status=record.status,
            bytes=asset.bytes,
            content_type=asset.content_type,
            created_at=asset.created_at,
            updated_at=record.updated_at,
            completed_at=record.completed_at,
            steps={
                name: models.Step(
                    status=step.status,
                    attempt=step.attempt,
                    duration_ms=step.duration_ms,
                    error=_reason(step.error),
                    warnings=[_said(each) for each in step.warnings],
                )
                for name, step in record.steps.items()
            },
            rejection=_reason(record.reason),
            original=link(self.uploads, asset.key) if call.caller.is_known else None,
            links=links,
            links_seconds=SECONDS,
            srcset=sets,
            manifest=dict(manifest) if manifest else None,
        )

    def _links(
        self, key: str, manifest: Mapping[str, Any] | None, call: Call
    ) -> tuple[dict[str, str], dict[str, str]]:
        if manifest is None:
            return {}, {}
        rows = [row for row in rows_of(manifest, call.caller) if (row.page or 0) <= _LINKED_PAGES]
        links = {row.key: self.links.derivative(row) for row in rows}
        links[manifest_key(key)] = self.links.manifest(key)
        return links, _srcset(rows, manifest, links)


def _srcset(
    rows: Sequence[Derivative], manifest: Mapping[str, Any], links: Mapping[str, str]
) -> dict[str, str]:
    """The manifest's `srcset` with links in place of keys."""
    width, height = manifest.get("width"), manifest.get("height")
    if not (width and height):
        return {}
    return dict(srcset(rows, width, height, address=lambda key: links[key]))


def _tag(record: Record, call: Call) -> str:
    """Another one for each revision, and in time for links that still work."""
    slot = int(time.time()) // CACHED_SECONDS
    known = "k" if call.caller.is_known else "p"
    return f'W/"{record.asset.asset_id[:16]}-{record.revision}-{slot}{known}"'


def _said(error: StepError) -> models.Reason:
    return models.Reason(code=error.code, message=error.message)


def _reason(error: StepError | None) -> models.Reason | None:
    return None if error is None else _said(error)
