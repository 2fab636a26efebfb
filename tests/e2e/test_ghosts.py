"""Files put and deleted at once, in either order: what stands last decides, and nothing stays."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from made.faults import environment
from made.pictures import jpeg
from made.pipeline import Pipeline, until
from made.processes import children

from mediamill.domain.kind import Status

pytestmark = pytest.mark.e2e

KEYS = 40  # a hundred and twenty end the same way, and take three times as long
STORMY_KEYS = 16
PAUSE = 0.3  # seconds between putting and deleting, at most
PATIENCE = 300.0
PHOTO = jpeg(640, 480)
FUNCTIONS = ("IngestFunction", "ImageFunction", "MetadataFunction", "ManifestFunction")


def test_files_put_and_deleted_at_once_leave_nothing_and_those_put_last_are_complete(
    pipeline: Pipeline,
) -> None:
    settle(pipeline, play(pipeline, "ghosts", KEYS))


def test_neither_do_they_while_functions_are_killed_and_calls_fail(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    server = pipeline.local.server
    assert server is not None
    with failing(pipeline, environment(tmp_path / "refused")):
        wanted = play(pipeline, "storm", STORMY_KEYS)
        for name in FUNCTIONS:  # each once: who crashes twice on a file gives it up
            os.kill(first(server.pid, name), signal.SIGKILL)
        settle(pipeline, wanted)
    assert (tmp_path / "refused").read_text()


def first(server: int, name: str) -> int:
    """A process of a function; waits for one, where the machine is slow to start it."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        time.sleep(1)
        for process in children(server, name):
            return process
    raise AssertionError(f"{name} was never called")


def play(pipeline: Pipeline, folder: str, keys: int) -> Mapping[str, str | None]:
    """Put and delete so many keys side by side; the version that stands last, or None.

    Half are put and deleted, half deleted and put; half of these were there before.
    """
    lot = random.Random(folder)
    pauses = {f"{folder}/{number:03}.jpg": lot.uniform(0, PAUSE) for number in range(keys)}

    def put_and_delete(key: str) -> str | None:
        pipeline.put(key, PHOTO)
        time.sleep(pauses[key])
        pipeline.delete(key)
        return None

    def delete_and_put(key: str, was_there: bool) -> str:
        if was_there:
            pipeline.put(key, PHOTO)
        pipeline.delete(key)
        time.sleep(pauses[key])
        return pipeline.put(key, PHOTO)

    def one(numbered: tuple[int, str]) -> str | None:
        number, key = numbered
        return put_and_delete(key) if number % 2 else delete_and_put(key, number % 4 == 0)

    with ThreadPoolExecutor(8) as threads:
        return dict(zip(pauses, threads.map(one, enumerate(pauses)), strict=True))


def settle(pipeline: Pipeline, wanted: Mapping[str, str | None]) -> None:
    """Wait until every queue is empty, and hold the records and the results against `wanted`."""
    until(lambda: len(standing(pipeline, wanted)) == len(wanted), "all records", PATIENCE)
    until(lambda: not pipeline.waiting(), "the queues to be empty", PATIENCE)
    assert standing(pipeline, wanted) == {
        key: (Status.COMPLETE, version) if version else (Status.DELETED, None)
        for key, version in wanted.items()
    }
    for key, version in wanted.items():
        kept = ("thumbnail", "medium", "large", "metadata", "manifest") if version else ()
        assert {name.partition("/")[0] for name in pipeline.results(key)} == {*kept}, key


def standing(
    pipeline: Pipeline, wanted: Mapping[str, str | None]
) -> dict[str, tuple[Status, str | None]]:
    """The status and version of each record that is at its end."""
    records = {key: pipeline.record(key) for key in wanted}
    return {
        key: (record.status, record.asset.version_id)
        for key, record in records.items()
        if record is not None and record.status is not Status.PROCESSING
    }


@contextmanager
def failing(pipeline: Pipeline, faults: Mapping[str, str]) -> Iterator[None]:
    """Have every function's calls fail now and then, by these variables."""
    functions = pipeline.stack.session.client("lambda", endpoint_url=pipeline.stack.endpoint)
    names = [
        each["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate()
        for each in page["Functions"]
        if any(name in each["FunctionName"] for name in FUNCTIONS)
    ]
    assert len(names) == len(FUNCTIONS)
    before = {
        name: functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for name in names
    }
    try:
        for name, variables in before.items():
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": {**variables, **faults}}
            )
        yield
    finally:
        for name, variables in before.items():
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
