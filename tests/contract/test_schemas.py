"""The published schemas are what the classes say, and every record is as its schema says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from made.corpus import CORPUS, described, originals

from mediamill.domain import manifest
from mediamill.domain.derivative import Derivative
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import Manifest, StepError, StepReport
from mediamill.domain.metadata import MetadataRecord, publish, record
from mediamill.domain.privacy import Privacy
from mediamill.domain.schema import schema_of
from mediamill.domain.wire import to_json

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"
MANIFEST = schema_of(Manifest, name="manifest", version=manifest.SCHEMA_VERSION, strict=True)
METADATA = schema_of(MetadataRecord, name="metadata", version=record.SCHEMA_VERSION, strict=True)


def check(document: Any, schema: Any) -> None:
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert not errors


@pytest.mark.parametrize("name", ["manifest", "metadata"])
def test_the_published_schema_is_the_one_that_the_classes_make(name: str) -> None:
    cls, version = {
        "manifest": (Manifest, manifest.SCHEMA_VERSION),
        "metadata": (MetadataRecord, record.SCHEMA_VERSION),
    }[name]
    published = json.loads((PUBLISHED / f"{name}.schema.json").read_text())
    assert published == schema_of(cls, name=name, version=version), "run `make schemas`"
    jsonschema.Draft202012Validator.check_schema(published)


def manifest_of(published: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """A whole manifest's JSON around a record's part."""
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    whole = to_json(
        Manifest(
            schema_version=manifest.SCHEMA_VERSION,
            asset_id="0" * 32,
            key="a/b.jpg",
            status=Status.PARTIAL,
            kind=kind,
            content_type="image/jpeg",
            bytes=1,
            created_at=now,
            completed_at=now,
            derivatives=(
                Derivative("thumbnail", "thumbnail/a/b.jpg.webp", "image/webp", "webp", 1, "0"),
            ),
            steps={
                "metadata": StepReport(StepStatus.COMPLETE, 12),
                "image": StepReport(StepStatus.FAILED, 3, StepError("broken_image", "No.")),
            },
        )
    )
    return {**whole, **published}


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project")
@pytest.mark.parametrize("original", originals(), ids=lambda original: original.path.name)
def test_every_file_of_the_corpus_is_described_as_the_schemas_say(original: Any) -> None:
    found = described(original)
    whole = to_json(found)
    check(json.loads(json.dumps(whole)), METADATA)
    for privacy in Privacy:
        check(manifest_of(publish(found, privacy), original.kind), MANIFEST)


def test_a_field_that_no_class_has_is_noticed() -> None:
    with pytest.raises(AssertionError, match="surprise"):
        check({**manifest_of({}, Kind.IMAGE), "surprise": 1}, MANIFEST)


def test_a_number_in_words_is_noticed() -> None:
    with pytest.raises(AssertionError, match="width"):
        check({**manifest_of({}, Kind.IMAGE), "width": "640"}, MANIFEST)


def test_a_missing_field_that_readers_rely_on_is_noticed() -> None:
    document = manifest_of({}, Kind.IMAGE)
    del document["derivatives"]
    with pytest.raises(AssertionError, match="derivatives"):
        check(document, MANIFEST)


def test_a_type_without_a_schema_is_refused() -> None:
    from dataclasses import dataclass

    @dataclass
    class Odd:
        raw: bytes

    with pytest.raises(TypeError, match="no JSON Schema"):
        schema_of(Odd, name="odd", version="1.0")
