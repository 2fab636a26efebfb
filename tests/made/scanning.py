"""The flow with a gate of a real clamd, and a bucket with definitions."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from made.flow import Flow
from made.malware import definitions
from mediamill.aws.clients import client
from mediamill.aws.task import Task
from mediamill.domain.scan.definitions import POINTER, Definitions
from mediamill.scan.clamd import located
from mediamill.scan.gate import Gate
from mediamill.scan.store import Store, published_files
from mediamill.settings import Settings

NO_CLAMD = located("clamd") is None
WHY = "clamd is not here"


@dataclass
class Scanning:
    """A flow whose plan begins with the scan; `read` are the keys that others were told of."""

    flow: Flow
    gate: Gate
    bucket: str
    folder: Path
    now: datetime
    read: list[str]

    @classmethod
    def make(cls, flow: Flow, folder: Path, **environment: str) -> Scanning:
        """Definitions are published; `environment` is told to the functions."""
        bucket = f"definitions-of-{flow.uploads}"
        client("s3").create_bucket(Bucket=bucket)
        told = {
            **flow.settings.environment,
            "PLAN": "scan:*! image:image metadata:*",
            "DEFINITIONS_BUCKET": bucket,
            **environment,
        }
        settings = Settings(told)
        made = cls(
            replace(flow, settings=settings), Gate(settings), bucket, folder, datetime.now(UTC), []
        )
        made.gate = Gate(settings, scratch=folder / "gate", clock=lambda: made.now.timestamp())
        (folder / "gate").mkdir(parents=True)
        made.publish(definitions(folder / "published"))
        return made

    @property
    def store(self) -> Store:
        """The bucket of definitions."""
        return Store(self.bucket, client("s3"))

    def publish(self, folder: Path, *, age: timedelta = timedelta(0)) -> Definitions:
        """Publish a folder, as if some time ago."""
        return self.store.publish(published_files(folder), (self.now - age).isoformat())

    def unpublish(self) -> None:
        """Leave no definitions."""
        client("s3").delete_object(Bucket=self.bucket, Key=POINTER)

    def wait(self, **times: float) -> None:
        """Let time pass for the gate."""
        self.now += timedelta(**times)

    def settle(self, key: str, body: bytes, context: Any, sequencer: str = "01") -> None:
        """Upload a file, and let the whole flow come to its end."""
        self.flow.intake().handle(self.flow.upload(key, body, sequencer), context)
        self.flow.settle(context, scan=self.gate.look, image=self._note, metadata=self._note)

    def _note(self, task: Task) -> dict[str, Any]:
        self.read.append(task.asset.key)
        return {}

    def ever_made(self) -> set[str]:
        """Every name that the results bucket has ever held, deleted or not."""
        answer = client("s3").list_object_versions(Bucket=self.flow.settings.results_bucket)
        return {each["Key"] for each in answer.get("Versions", ())}

    def tags(self, key: str) -> dict[str, str]:
        """The tags of what stands under a key."""
        answer = client("s3").get_object_tagging(Bucket=self.flow.uploads, Key=key)
        return {each["Key"]: each["Value"] for each in answer["TagSet"]}

    def end(self) -> None:
        """Stop the scanner, and remove its files."""
        self.gate.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
