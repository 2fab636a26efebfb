"""How assets are shown: sizes, times, sentences, JSON."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from mediamill.domain.asset import Asset, Record, Step, Tries
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import StepError
from mediamill_cli.console import out
from mediamill_cli.render import (
    assets_table,
    derivatives_table,
    printable,
    problems,
    record_json,
    remarks,
    shortened,
    size,
    steps_table,
    steps_text,
    summary,
)

THUMBNAIL = {"key": "thumbnail/a.jpg.webp", "bytes": 900, "width": 256, "height": 9}


def record(status: Status = Status.COMPLETE, **steps: Step) -> Record:
    return Record(
        asset=Asset(
            asset_id="1",
            bucket="uploads",
            key="a.jpg",
            version_id="v1",
            etag="e",
            sequencer="01",
            bytes=1_234_567,
            kind=Kind.IMAGE,
            content_type="image/jpeg",
            created_at="2026-11-20T12:00:00.000Z",
        ),
        status=status,
        steps=steps,
        completed_at="2026-11-20T12:00:02.500Z",
    )


DONE = Step(StepStatus.COMPLETE, count=1, bytes=900, duration_ms=40)
BROKEN = Step(StepStatus.FAILED, error=StepError("broken_image", "It cannot be read."))


def shown(item: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(item)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"),
     (999_499, "999 kB"), (999_500, "1.0 MB"), (5_000_000_000, "5.0 GB"), (10**13, "10000 GB")],
)  # fmt: skip
def test_sizes_have_two_digits_or_more(count: int, text: str) -> None:
    assert size(count) == text


def test_a_key_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed é🎉") == "a\\x1b[2Jb\\nc\\u202ed é🎉"


def test_a_name_between_colons_is_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    out.print("arn:aws:secretsmanager:eu-west-1:123456789012:secret:cat", markup=False)
    assert ":secret:cat" in capsys.readouterr().out


def test_a_long_key_keeps_its_end() -> None:
    assert shortened("folder/name.jpg", 10) == "…/name.jpg"
    assert len(shortened("x" * 100, 16)) == 16
    assert shortened("short.jpg", 16) == "short.jpg"


def test_a_row_says_what_went_in_and_came_out() -> None:
    line = shown(assets_table([record(image=DONE)])).splitlines()[1].split()
    assert line == ["a.jpg", "image", "complete", "1", "1.2", "MB", "900", "B", "2.5", "s"]


def test_steps_are_marked() -> None:
    assert steps_text({"image": Step(), "metadata": DONE}).plain.split() == [
        "image", "·", "metadata", "✓",
    ]  # fmt: skip


def test_every_step_that_failed_has_its_sentence() -> None:
    assert problems(record(Status.PARTIAL, image=BROKEN, metadata=DONE)) == [
        "image: It cannot be read."
    ]
    assert problems(record(image=DONE)) == []


def test_a_step_that_waits_says_for_what() -> None:
    waiting = record(Status.PROCESSING, document=Step(StepStatus.WAITING), office=Step())
    assert remarks(waiting, "document") == "waits for what comes of office"
    nobody = record(Status.PROCESSING, document=Step(StepStatus.WAITING), office=DONE)
    assert remarks(nobody, "document") == "waits for what comes of the steps before it"


def test_what_was_skipped_has_its_reason_and_is_no_problem() -> None:
    why = StepError("no_source", "No step made the derivative that this one reads.")
    skipped = record(image=Step(StepStatus.SKIPPED, error=why), metadata=DONE)
    assert remarks(skipped, "image") == why.message
    assert problems(skipped) == []
    assert "» skipped" in shown(steps_table(skipped))


@pytest.mark.parametrize(
    ("tries", "remark"),
    [
        (Tries(2, "at"), "try 2 is under way"),
        (Tries(3, "at", crashes=1), "try 3 is under way; once it ended without a word"),
        (Tries(2, "at", error="OSError: no"), "try 2 ended with OSError: no; it comes again"),
    ],
)
def test_a_step_that_is_tried_again_says_what_went_wrong(tries: Tries, remark: str) -> None:
    trying = record(Status.PROCESSING, image=Step(tries=tries))
    assert remarks(trying, "image") == remark
    assert remark in shown(steps_table(trying))
    assert record_json(trying, None)["steps"]["image"]["tries"]["number"] == tries.number


def test_a_step_that_is_done_says_nothing_of_its_tries() -> None:
    done = record(image=Step(StepStatus.COMPLETE, tries=Tries(2, "at", error="OSError: no")))
    assert remarks(done, "image") == ""


def test_a_derivative_has_its_size_where_it_is_a_picture() -> None:
    table = shown(derivatives_table([THUMBNAIL, {"key": "text/a.txt", "bytes": 2_000}]))
    lines = [line.split() for line in table.splitlines()]
    assert lines[1:] == [
        ["thumbnail/a.jpg.webp", "256×9", "900", "B"],
        ["text/a.txt", "2.0", "kB"],
    ]


def test_a_refusal_has_its_sentence() -> None:
    refused = Record(
        asset=record().asset,
        status=Status.REJECTED,
        steps={},
        rejection=StepError("too_large", "It has 6 GB; 5 GB may be."),
    )
    assert problems(refused) == ["It has 6 GB; 5 GB may be."]
    assert record_json(refused, None)["error"]["code"] == "too_large"


def test_json_has_every_step_and_what_the_manifest_lists() -> None:
    done = record(Status.PARTIAL, image=BROKEN, metadata=DONE)
    read = record_json(done, {"derivatives": [THUMBNAIL]})
    assert read["status"] == "partial"
    assert read["steps"]["image"]["error"] == {
        "code": "broken_image",
        "message": "It cannot be read.",
    }
    assert (read["steps"]["metadata"]["derivatives"], read["derivatives"]) == (1, [THUMBNAIL])
    assert read["steps"]["metadata"]["duration_ms"] == 40


def test_the_summary_counts_by_status() -> None:
    records = [record(), record(Status.FAILED), record()]
    assert summary(records) == "2 complete, 1 failed"


def test_a_warning_is_told_to_people_and_to_machines() -> None:
    said = {"code": "damaged", "message": "Parts of the picture are missing."}
    warned = record(image=replace(DONE, warnings=(StepError(**said),)))
    assert problems(warned) == ["image: Parts of the picture are missing."]
    assert record_json(warned, None)["warnings"] == [{"step": "image", **said}]
    assert "warnings" not in record_json(record(image=DONE), None)
