"""A deployed stack that scans, its roles enforced: nothing infected is ever made into anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made import malware
from made.pictures import jpeg
from made.pipeline import Pipeline, subscribed, until
from made.scanning import NO_CLAMD, WHY

from mediamill.aws.table import utc_now
from mediamill.domain.kind import Status
from mediamill.scan.store import Store, published_files
from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(NO_CLAMD, reason=WHY)]

ROOT = Path(__file__).parents[2]
INFECTED = {
    "in/eicar.com": malware.EICAR,
    "in/nested.zip": malware.nested(malware.EICAR, 3),
    "in/letter.docx": malware.docx(malware.EICAR),
    "in/attached.pdf": malware.pdf(malware.EICAR),
    "in/mail.eml": malware.mail(malware.EICAR),
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A stack with a scan, to which definitions were published."""
    folder = tmp_path_factory.mktemp("scan")
    local = LocalStack(
        ROOT,
        office=Office.NONE,
        state_dir=folder / "state",
        build_dir=ROOT / ".build" / "e2e-scan",  # other parameters are another build
        port=0,
        parameters={"Scan": "local"},
    )
    with local as stack:
        store = Store(stack.output("DefinitionsBucketName"), stack.s3)
        store.publish(published_files(malware.definitions(folder / "definitions")), utc_now())
        yield Pipeline(stack, local)


def versions(pipeline: Pipeline, bucket: str) -> set[str]:
    """Every name that a bucket has ever held."""
    answer = pipeline.stack.s3.list_object_versions(Bucket=bucket)
    return {each["Key"] for each in answer.get("Versions", ())}


def test_infected_files_are_rejected_quarantined_and_told_of_and_clean_ones_made(
    pipeline: Pipeline,
) -> None:
    stack = pipeline.stack
    listener, _ = subscribed(stack, "AlertsTopicArn", alert=["infected"])
    for key, body in {**INFECTED, "clean.jpg": jpeg(640, 480)}.items():
        pipeline.put(key, body)
    assert pipeline.settled("clean.jpg").status is Status.COMPLETE
    for key in INFECTED:
        record = pipeline.settled(key)
        error = record.steps["scan"].error
        assert (record.status, error and error.code) == (Status.REJECTED, "infected")
    alerts = listener.last_of(INFECTED)
    assert {alert["done"] for alert in alerts.values()} == {"moved"}
    assert versions(pipeline, stack.uploads) == {"clean.jpg"}
    taken = {pipeline.settled(key).asset.asset_id for key in INFECTED}
    assert versions(pipeline, stack.output("QuarantineBucketName")) == taken
    until(lambda: not pipeline.waiting(), "the removals' events to be taken in")
    for key in INFECTED:  # the removal leaves the record and its manifest
        assert pipeline.manifest(key)["status"] == "rejected"
    ever = versions(pipeline, stack.results)
    of_infected = {name for name in ever if "/in/" in name}
    assert of_infected == {f"manifest/{key}.json" for key in INFECTED}
    assert len(ever) > len(of_infected)  # of the clean one there is more
    assert not pipeline.dead()
