"""The pipeline, end to end: put a file in the bucket, find what was made of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import samples
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator
from made.pdf import document, line
from made.pictures import jpeg
from made.pipeline import Listener, Pipeline, until
from PIL import Image

from mediamill.domain.asset import Asset
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill_cli.check import check

pytestmark = pytest.mark.e2e

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "manifest.schema.json"
PDF = document([line("A page of words.")])


def test_a_photo_becomes_three_renditions_metadata_and_a_manifest(pipeline: Pipeline) -> None:
    pipeline.put("photos/hills.jpg", jpeg(2400, 1600))
    manifest = pipeline.manifest("photos/hills.jpg")

    assert manifest["status"] == "complete"
    assert (manifest["kind"], manifest["content_type"]) == ("image", "image/jpeg")
    assert (manifest["width"], manifest["height"]) == (2400, 1600)
    sizes = {
        row["name"]: (row["width"], row["height"])
        for row in manifest["derivatives"]
        if "width" in row
    }
    assert sizes == {"thumbnail": (256, 171), "medium": (800, 533), "large": (1920, 1280)}
    for row in manifest["derivatives"]:
        body = pipeline.result(row["key"])
        assert len(body) == row["bytes"]
        if "width" in row:
            assert Image.open(io.BytesIO(body)).size == (row["width"], row["height"])
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(manifest)


def test_renditions_are_served_with_their_type_and_name_their_asset(pipeline: Pipeline) -> None:
    pipeline.put("photos/käse.jpg", jpeg())
    record = pipeline.settled("photos/käse.jpg")
    head = pipeline.stack.s3.head_object(
        Bucket=pipeline.stack.results, Key="thumbnail/photos/käse.jpg.webp"
    )
    assert head["ContentType"] == "image/webp"
    assert "max-age" in head["CacheControl"]
    assert head["Metadata"] == {"asset-id": record.asset.asset_id}


def test_a_pdf_becomes_text_pages_and_renditions(pipeline: Pipeline) -> None:
    pipeline.put("report.pdf", PDF)
    manifest = pipeline.manifest("report.pdf")
    assert manifest["status"] == "complete", manifest["steps"]
    assert {row["key"] for row in manifest["derivatives"]} == {
        "thumbnail/report.pdf.webp",
        "medium/report.pdf.webp",
        "large/report.pdf.webp",
        "pages/report.pdf/0001.webp",
        "text/report.pdf.txt",
        "text/report.pdf.json",
        "metadata/report.pdf.json",
    }
    assert manifest["document"]["page_count"] == 1


def test_a_video_becomes_a_poster_a_storyboard_and_a_preview(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    samples.clip(tmp_path / "clip.mp4")
    pipeline.put("clips/clip.mp4", (tmp_path / "clip.mp4").read_bytes())
    manifest = pipeline.manifest("clips/clip.mp4")
    assert manifest["status"] == "complete", manifest["steps"]
    assert {row["key"] for row in manifest["derivatives"]} == {
        "poster/clips/clip.mp4.jpg",
        "sheets/clips/clip.mp4/0001.webp",
        "storyboard/clips/clip.mp4.vtt",
        "preview/clips/clip.mp4.mp4",
        "preview/clips/clip.mp4.webp",
        "thumbnail/clips/clip.mp4.webp",
        "medium/clips/clip.mp4.webp",
        "large/clips/clip.mp4.webp",
        "metadata/clips/clip.mp4.json",
    }
    assert manifest["poster"]["source"] == "frame"
    assert (manifest["width"], manifest["height"]) == (640, 360)
    thumbnail = Image.open(io.BytesIO(pipeline.result("thumbnail/clips/clip.mp4.webp")))
    assert thumbnail.size == (256, 144)
    cues = pipeline.result("storyboard/clips/clip.mp4.vtt").decode()
    assert "../../sheets/clips/clip.mp4/0001.webp#xywh=0,0,160,90" in cues
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(manifest)


def test_a_sound_becomes_one_for_the_web_with_peaks_and_a_waveform(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    samples.chord(tmp_path / "chord.wav")
    pipeline.put("chord.wav", (tmp_path / "chord.wav").read_bytes())
    manifest = pipeline.manifest("chord.wav")
    assert manifest["status"] == "complete", manifest["steps"]
    assert {row["key"] for row in manifest["derivatives"]} == {
        "audio/chord.wav.m4a",
        "peaks/chord.wav.json",
        "waveform/chord.wav.png",
        "poster/chord.wav.png",
        "thumbnail/chord.wav.webp",
        "medium/chord.wav.webp",
        "large/chord.wav.webp",
        "metadata/chord.wav.json",
    }
    assert manifest["sound"]["web"] == "encoded"
    assert json.loads(pipeline.result("peaks/chord.wav.json"))["version"] == 2
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(manifest)


def test_a_file_that_no_worker_knows_still_gets_its_manifest(pipeline: Pipeline) -> None:
    pipeline.put("mystery.bin", bytes(range(256)))
    manifest = pipeline.manifest("mystery.bin")
    assert (manifest["status"], manifest["kind"]) == ("complete", "other")
    assert pipeline.result("metadata/mystery.bin.json")


def test_an_empty_file_is_described(pipeline: Pipeline) -> None:
    pipeline.put("empty.jpg", b"")
    assert pipeline.manifest("empty.jpg")["bytes"] == 0


def test_a_broken_picture_says_so_in_a_sentence_and_keeps_its_metadata(pipeline: Pipeline) -> None:
    pipeline.put("broken.jpg", jpeg()[:100])
    manifest = pipeline.manifest("broken.jpg")
    assert manifest["status"] == "partial"
    assert manifest["steps"]["metadata"]["status"] == "complete"
    error = manifest["steps"]["image"]["error"]
    assert error["code"] == "broken_image"
    assert error["message"].endswith(".")


ODD_KEYS = [
    "two words.jpg",
    "a+b=c.jpg",
    "100%.jpg",
    "twice%20encoded%2B.jpg",
    "#1.jpg",
    "what?.jpg",
    "🐈 & ‹cat›.jpg",
    "caf\u00e9/composed.jpg",
    "cafe\u0301/decomposed.jpg",
    "a/../b/./c.jpg",
    "double//slash.jpg",
    "quotes\"and'.jpg",
    "ends.with.dots...",
    "long/" + "x" * 991 + ".jpg",
]


def test_keys_of_every_sort_come_back_as_they_went_in(pipeline: Pipeline) -> None:
    assert len(ODD_KEYS[-1].encode()) == 1000
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: pipeline.put(key, jpeg(64, 48)), ODD_KEYS))
    for key in ODD_KEYS:
        manifest = pipeline.manifest(key)
        assert (manifest["key"], manifest["status"]) == (key, "complete")
        for name in ("thumbnail", "medium", "large"):
            assert pipeline.result(f"{name}/{key}.webp")[8:12] == b"WEBP"


def test_a_key_too_long_for_its_derivatives_is_rejected_with_the_reason(pipeline: Pipeline) -> None:
    key = "k" * 1020 + ".jpg"
    pipeline.put(key, jpeg(64, 48))
    record = pipeline.settled(key)
    assert record.status is Status.REJECTED
    assert record.rejection is not None
    assert record.rejection.code == "key_too_long"
    assert "1024 bytes" in record.rejection.message


def s3_event(pipeline: Pipeline, asset: Asset) -> str:
    """The event of an upload that has happened, as S3 would send it again."""
    stored = {
        "key": quote_plus(asset.key, safe="/"),
        "size": asset.bytes,
        "eTag": asset.etag,
        "versionId": asset.version_id,
        "sequencer": asset.sequencer,
    }
    bucket = {"name": pipeline.stack.uploads}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": bucket, "object": stored}}
    return json.dumps({"Records": [record]})


def test_the_same_event_ten_times_at_once_is_one_asset_and_one_message(
    pipeline: Pipeline, completed: Callable[..., Listener]
) -> None:
    """The ten come while the first is under way, so that all of them race."""
    listener = completed()
    pipeline.put("ten.jpg", jpeg(3000, 2000))
    opened = until(lambda: pipeline.record("ten.jpg"), "the asset to be opened")
    body = s3_event(pipeline, opened.asset)
    pipeline.stack.sqs.send_message_batch(
        QueueUrl=pipeline.stack.output("IngestQueueUrl"),
        Entries=[{"Id": str(n), "MessageBody": body} for n in range(10)],
    )
    record = pipeline.settled("ten.jpg")
    until(lambda: not pipeline.waiting() or None, "the queues to run empty")

    assert [message["asset_id"] for message in listener.heard("ten.jpg")] == [record.asset.asset_id]
    after = pipeline.settled("ten.jpg")
    assert after.asset == record.asset
    assert pipeline.results("ten.jpg") == {
        "thumbnail/ten.jpg.webp",
        "medium/ten.jpg.webp",
        "large/ten.jpg.webp",
        "metadata/ten.jpg.json",
        "manifest/ten.jpg.json",
    }


def test_an_event_that_comes_again_after_all_is_done_changes_nothing(
    pipeline: Pipeline, completed: Callable[..., Listener]
) -> None:
    pipeline.put("again.jpg", jpeg())
    before = pipeline.settled("again.jpg")
    event = s3_event(pipeline, before.asset)
    listener = completed()
    pipeline.stack.sqs.send_message(
        QueueUrl=pipeline.stack.output("IngestQueueUrl"), MessageBody=event
    )
    assert listener.heard("again.jpg") == []
    assert pipeline.settled("again.jpg") == before


def test_deleting_an_original_takes_everything_with_it_but_a_tombstone(pipeline: Pipeline) -> None:
    pipeline.put("gone.pdf", PDF)
    pipeline.settled("gone.pdf")
    assert len(pipeline.results("gone.pdf")) == 8
    pipeline.delete("gone.pdf")
    until(lambda: not pipeline.results("gone.pdf") or None, "the derivatives to go")
    record = pipeline.record("gone.pdf")
    assert record is not None
    assert record.status is Status.DELETED
    assert record.expires_at is not None


def test_an_original_that_is_brought_back_gets_its_derivatives_back(pipeline: Pipeline) -> None:
    pipeline.put("back.jpg", jpeg())
    first = pipeline.settled("back.jpg")
    pipeline.delete("back.jpg")
    until(lambda: not pipeline.results("back.jpg") or None, "the derivatives to go")
    versions = pipeline.stack.s3.list_object_versions(
        Bucket=pipeline.stack.uploads, Prefix="back.jpg"
    )
    marker = versions["DeleteMarkers"][0]["VersionId"]
    pipeline.delete("back.jpg", marker)
    again = pipeline.settled("back.jpg", first.asset.version_id)
    assert again.status is Status.COMPLETE
    assert len(pipeline.results("back.jpg")) == 5


def test_overwriting_leaves_nothing_of_the_older_version(pipeline: Pipeline) -> None:
    pipeline.put("changing", PDF)
    pipeline.settled("changing")
    version = pipeline.put("changing", jpeg(640, 480))
    record = pipeline.settled("changing", version)
    assert (record.asset.kind, record.status) == (Kind.IMAGE, Status.COMPLETE)
    until(
        lambda: (
            not any(key.startswith(("pages/", "text/")) for key in pipeline.results("changing"))
            or None
        ),
        "the older version's pages to go",
    )
    assert pipeline.manifest("changing")["width"] == 640


def test_a_burst_of_overwrites_ends_with_the_last_one(pipeline: Pipeline) -> None:
    for side in (300, 310, 320, 330):
        last = pipeline.put("burst.jpg", jpeg(side, 200))
    record = pipeline.settled("burst.jpg", last)
    assert record.status is Status.COMPLETE
    until(lambda: not pipeline.waiting() or None, "the queues to run empty")
    assert pipeline.manifest("burst.jpg")["width"] == 330
    rendition = pipeline.result("large/burst.jpg.webp")
    assert Image.open(io.BytesIO(rendition)).size == (330, 200)


def test_the_completed_topic_can_be_filtered_by_status_and_kind(
    pipeline: Pipeline, completed: Callable[..., Listener]
) -> None:
    failures, pictures = completed(status=["partial", "failed"]), completed(kind=["image"])
    pipeline.put("fine.jpg", jpeg())
    pipeline.put("sad.jpg", jpeg()[:100])
    pipeline.settled("fine.jpg")
    pipeline.settled("sad.jpg")
    assert [message["status"] for message in failures.heard("sad.jpg")] == ["partial"]
    assert [message["manifest"] for message in pictures.heard("fine.jpg")] == [
        "manifest/fine.jpg.json"
    ]
    assert failures.heard("fine.jpg", seconds=1) == []


def test_nobody_gets_in_without_credentials(pipeline: Pipeline) -> None:
    pipeline.put("private.jpg", jpeg())
    pipeline.settled("private.jpg")
    anonymous = pipeline.stack.session.client(
        "s3", endpoint_url=pipeline.stack.endpoint, config=Config(signature_version=UNSIGNED)
    )
    for bucket, key in [
        (pipeline.stack.uploads, "private.jpg"),
        (pipeline.stack.results, "thumbnail/private.jpg.webp"),
    ]:
        with pytest.raises(ClientError) as refused:
            anonymous.get_object(Bucket=bucket, Key=key)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_nothing_was_lost_on_the_way(pipeline: Pipeline) -> None:
    """Runs last in this file: after all of the above, every queue is empty, dead letters too."""
    until(lambda: not pipeline.waiting() or None, "the queues to run empty")
    assert pipeline.dead() == []
    found = check(pipeline.stack, patience=timedelta(0), contents=True, progress=lambda _: None)
    assert found.findings == []
    assert found.originals >= len(ODD_KEYS)
    for key in ODD_KEYS:
        record = pipeline.settled(key)
        assert {step.status for step in record.steps.values()} == {StepStatus.COMPLETE}
