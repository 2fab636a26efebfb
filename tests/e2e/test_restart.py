"""Crashes and stops: whatever is killed in the middle of a file, the file still ends complete."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from made.pictures import jpeg
from made.pipeline import OFFICE, Pipeline, until
from made.processes import children

from mediamill.domain.kind import Status
from mediamill_cli.local import LocalStack

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build" / "e2e"
LARGE = jpeg(9000, 9000)


def test_a_worker_killed_in_the_middle_of_a_file_gets_it_again(pipeline: Pipeline) -> None:
    server = pipeline.local.server
    assert server is not None
    for pid in children(server.pid, "ImageFunction"):
        os.kill(pid, signal.SIGKILL)
    pipeline.put("killed.jpg", LARGE)
    (worker, *_) = until(
        lambda: children(server.pid, "ImageFunction"), "an image worker to be at it"
    )
    os.kill(worker, signal.SIGKILL)
    record = pipeline.settled("killed.jpg")
    assert record.status is Status.COMPLETE


@pytest.mark.parametrize("moment", ["at once", "once it is opened"])
def test_a_stack_stopped_between_upload_and_result_goes_on_when_it_is_started_again(
    moment: str, tmp_path: Path
) -> None:
    local = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "stack", build_dir=BUILD, port=0)
    restarted = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "stack", build_dir=BUILD)
    try:
        pipeline = Pipeline(local.up(), local)
        pipeline.put("stopped.jpg", LARGE)
        if moment == "once it is opened":
            until(lambda: pipeline.record("stopped.jpg"), "the asset to be opened")
        local.stop()
        again = Pipeline(restarted.up(), restarted)
        assert again.settled("stopped.jpg").status is Status.COMPLETE
        assert again.manifest("stopped.jpg")["width"] == 9000
    finally:
        restarted.stop()
    assert restarted.server is None
