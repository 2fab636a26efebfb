"""Workers: which steps a file goes through, and which it cannot."""

from __future__ import annotations

import pytest
from made.records import complete, derivative

from mediamill.domain.kind import Kind, StepStatus
from mediamill.domain.limits import Limits
from mediamill.domain.workers import Workers, follow_up

WORKERS = Workers.parse("image:image metadata:* document:document")
LIMITS = Limits()


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        (Kind.IMAGE, {"image", "metadata"}),
        (Kind.DOCUMENT, {"metadata", "document"}),
        (Kind.VIDEO, {"metadata"}),
        (Kind.OTHER, {"metadata"}),
    ],
)
def test_each_kind_goes_through_the_steps_that_take_it(kind: Kind, steps: set[str]) -> None:
    assert set(WORKERS.steps_for(kind, 1, LIMITS)) == steps


def test_a_file_past_its_kinds_limit_is_described_and_no_more() -> None:
    steps = WORKERS.steps_for(Kind.IMAGE, LIMITS.image_bytes + 1, LIMITS)
    assert steps["metadata"].status is StepStatus.PENDING
    assert steps["image"].status is StepStatus.FAILED
    assert steps["image"].error is not None
    assert steps["image"].error.code == "too_large"
    assert "100 MB" in steps["image"].error.message


def test_a_file_at_its_kinds_limit_is_processed() -> None:
    steps = WORKERS.steps_for(Kind.IMAGE, LIMITS.image_bytes, LIMITS)
    assert {step.status for step in steps.values()} == {StepStatus.PENDING}


def test_an_office_file_without_its_worker_is_told_how_to_get_one() -> None:
    step = WORKERS.steps_for(Kind.OFFICE, 1, LIMITS)["office"]
    assert step.status is StepStatus.UNAVAILABLE
    assert step.error is not None
    assert "OfficeWorker" in step.error.message


def test_the_office_workers_pdf_goes_on_to_the_document_step() -> None:
    pdf = derivative("pdf", "letter.docx", "pdf")
    assert follow_up("office", complete(pdf)) == ("document", pdf)
    assert follow_up("image", complete(pdf)) is None
    assert follow_up("office", complete()) is None


@pytest.mark.parametrize("text", ["image", "image:", ":image", "image:painting"])
def test_a_line_of_another_form_is_refused_with_the_form_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"image|painting"):
        Workers.parse(text)
