"""Tidying: the results bucket and the made table of one key, brought to what its record lists.

Only the finisher does it, and only of records that are settled, deleted ones too. It deletes by
name, and a newer version may be writing under the same names meanwhile: so the caller notes
afterwards that it tidied, on condition that the record is as it was, and has the record that took
its place looked after if it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

from mediamill.aws.made import MadeTable
from mediamill.aws.observe import logger
from mediamill.aws.results import Results
from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Record
from mediamill.domain.keys import fits, manifest_key
from mediamill.domain.kind import Status
from mediamill.domain.made import Made
from mediamill.domain.protocol.tidying import Untidiness, compare


def tidy(
    record: Record,
    made: Mapping[str, Made],
    results: Results,
    made_table: MadeTable,
    table: AssetsTable,
) -> Untidiness:
    """Delete what the record does not list; what is lost or damaged, for the caller to mend."""
    key = record.asset.key
    is_deleted = record.status is Status.DELETED
    manifest = manifest_key(key) if fits(manifest_key(key)) and not is_deleted else None
    found = compare(
        results.of(key),
        {name: each.rows for name, each in made.items()},
        manifest=manifest,
        manifest_etag=None if record.status is Status.PROCESSING else record.manifest_etag,
    )
    if found.extra:
        logger.info("deleted results that the record does not list", count=len(found.extra))
        results.delete(found.extra)
    made_table.keep_only(record, stands=lambda: table.get(key))
    lost = record.steps.keys() - made.keys()
    return Untidiness(found.extra, found.damaged | lost, found.is_manifest_lost)
