"""Assembly: the manifest tells the whole story, and only what is known."""

from __future__ import annotations

from typing import cast

from made.records import complete, record, stored

from mediamill.domain.assembly import assemble, completed_at, picture_facts
from mediamill.domain.asset import Step, settled_status
from mediamill.domain.facts import ImageFacts
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.made import Made
from mediamill.domain.manifest import StepError

FAILED = Step(status=StepStatus.FAILED, error=StepError("broken_image", "No decoder can."))


def test_the_decoders_facts_win_over_what_headers_claimed() -> None:
    made = {
        "image": Made(facts={"width": 4, "height": 3, "image": {"has_alpha": True}}),
        "metadata": Made(facts={"width": 400, "image": {"has_alpha": False, "bit_depth": 8}}),
    }
    steps = {"image": complete(), "metadata": complete()}
    manifest = assemble(record(steps=steps), made, "2026-11-20T10:00:02.000Z")
    assert (manifest["width"], manifest["height"]) == (4, 3)
    assert manifest["image"] == {"has_alpha": True, "bit_depth": 8}


def test_what_is_known_of_a_poster_is_never_taken_for_the_videos() -> None:
    poster = {"format": "webp", "width": 640, "image": {"thumbhash": "x", "bit_depth": 8}}
    made = {
        "image": Made(facts=poster, is_derived=True),
        "metadata": Made(facts={"width": 3840, "image": {"bit_depth": 10}}),
    }
    manifest = assemble(record(steps={"image": complete(), "metadata": complete()}), made, "now")
    assert (manifest["width"], "format" in manifest) == (3840, False)
    assert manifest["image"] == {"thumbhash": "x", "bit_depth": 10}


def test_an_office_file_has_as_many_pages_as_it_was_laid_out_on() -> None:
    made = {
        "document": Made(facts={"document": {"page_count": 7}}, is_derived=True),
        "metadata": Made(facts={"document": {"page_count": 1, "title": "Letter"}}),
    }
    steps = {"document": complete(), "metadata": complete()}
    manifest = assemble(record(steps=steps), made, "now")
    assert manifest["document"] == {"page_count": 7, "title": "Letter"}


def test_lists_every_derivative_with_its_key() -> None:
    made = {"image": Made((stored("thumbnail", "photos/cat.jpg"),))}
    manifest = assemble(record(steps={"image": complete()}), made, "now")
    assert manifest["derivatives"] == [
        {
            "name": "thumbnail",
            "key": "thumbnail/photos/cat.jpg.webp",
            "content_type": "image/webp",
            "format": "webp",
            "bytes": 123,
            "sha256": "0" * 64,
            "width": 10,
            "height": 20,
        }
    ]


def test_a_failed_step_says_why() -> None:
    manifest = assemble(record(steps={"image": FAILED, "metadata": complete()}), {}, "now")
    assert manifest["status"] == "partial"
    assert manifest["steps"] == {
        "image": {
            "status": "failed",
            "error": {"code": "broken_image", "message": "No decoder can."},
        },
        "metadata": {"status": "complete", "duration_ms": 1000},
    }


def test_a_rejection_stands_as_the_door_s_own_step() -> None:
    refused = record(steps={}, rejection=StepError("too_large", "Too large."))
    manifest = assemble(refused, {}, "now")
    assert manifest["status"] == "rejected"
    assert manifest["steps"] == {
        "ingest": {"status": "failed", "error": {"code": "too_large", "message": "Too large."}}
    }


def test_the_status_follows_from_the_steps() -> None:
    assert settled_status(record(steps={"a": complete()})) is Status.COMPLETE
    assert settled_status(record(steps={"a": complete(), "b": FAILED})) is Status.PARTIAL
    assert settled_status(record(steps={"a": FAILED})) is Status.FAILED


def test_a_step_that_never_had_anything_to_read_does_not_count() -> None:
    skipped = Step(status=StepStatus.SKIPPED, error=StepError("no_source", "Nothing."))
    assert settled_status(record(steps={"a": complete(), "b": skipped})) is Status.COMPLETE
    assert settled_status(record(steps={"a": FAILED, "b": skipped})) is Status.FAILED


def test_what_a_gate_refuses_is_rejected() -> None:
    infected = Step(
        status=StepStatus.FAILED, error=StepError("infected", "It is."), is_refusal=True
    )
    assert settled_status(record(steps={"scan": infected})) is Status.REJECTED


def test_the_time_of_completion_does_not_depend_on_when_the_manifest_is_written() -> None:
    done = record(steps={"a": complete(), "b": FAILED})
    assert completed_at(done) == "2026-11-20T10:00:02.000Z"
    assert completed_at(record(steps={}, rejection=StepError("x", "y"))) == done.asset.created_at


def test_a_pictures_size_stands_on_top_and_the_rest_in_its_block() -> None:
    facts = picture_facts(
        ImageFacts(width=3, height=4, format="jpeg", orientation=6, frame_count=1)
    )
    assert (facts["width"], facts["height"], facts["orientation"]) == (3, 4, 6)
    assert facts["format"] == "jpeg"
    block = facts["image"]
    assert isinstance(block, dict)
    assert "width" not in block
    assert block["frame_count"] == 1


def test_a_damaged_picture_is_complete_with_a_warning_that_names_its_step() -> None:
    damaged = ImageFacts(width=3, height=4, format="png", orientation=1, damaged=True)
    (said,) = cast(list[dict[str, str]], picture_facts(damaged)["warnings"])
    done = complete(warnings=(StepError(said["code"], said["message"]),))
    manifest = assemble(record(steps={"image": done}), {}, "2026-11-20T10:00:03.000Z")
    assert manifest["status"] == "complete"
    (warning,) = cast(list[dict[str, str]], manifest["warnings"])
    assert (warning["step"], warning["code"]) == ("image", "damaged")


def test_a_sound_picture_has_no_warnings() -> None:
    sound = ImageFacts(width=3, height=4, format="png", orientation=1, damaged=False)
    assert "warnings" not in picture_facts(sound)
    assert "warnings" not in assemble(record(steps={"image": complete()}), {}, "now")


def test_what_the_header_says_of_a_cut_file_is_not_taken_back_by_its_pixels() -> None:
    pixels = ImageFacts(width=3, height=4, format="heic", orientation=1, damaged=True)
    made = {
        "image": Made(facts=picture_facts(pixels)),
        "metadata": Made(facts={"image": {"truncated": True}}),
    }
    manifest = assemble(record(), made, "2026-11-20T10:00:03.000Z")
    assert manifest["image"] == {"damaged": True, "truncated": True}
