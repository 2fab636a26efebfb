"""The plan: which steps a file goes through, after what, and what each of them reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made.records import asset, complete, record

from mediamill.domain.asset import Offer, Record, Step
from mediamill.domain.kind import Kind, StepStatus
from mediamill.domain.limits import Limits
from mediamill.domain.manifest import StepError
from mediamill.domain.plan import Plan

PLAN = Plan.parse(
    "scan:*! metadata:* image:image,video>poster document:document,office>pdf office:office "
    "av:video,audio"
)
UNGATED = Plan.parse("metadata:* image:image,video>poster document:document,office>pdf av:video")
LIMITS = Limits()
PDF = Offer("pdf/a.docx.pdf", "pdf", 9, "v1", "e")
FAILED = Step(StepStatus.FAILED, error=StepError("broken_document", "It is."))


def statuses(steps: dict[str, Step]) -> dict[str, str]:
    return {name: step.status.value for name, step in steps.items()}


def of(kind: Kind, **steps: Step) -> Record:
    return record(asset=asset(kind=kind), steps=steps)


def test_every_step_waits_for_the_gate() -> None:
    assert statuses(PLAN.first(Kind.IMAGE, 1, LIMITS)) == {
        "scan": "pending",
        "metadata": "waiting",
        "image": "waiting",
    }


def test_what_reads_the_original_begins_and_what_reads_a_derivative_waits() -> None:
    assert statuses(UNGATED.first(Kind.VIDEO, 1, LIMITS)) == {
        "metadata": "pending",
        "image": "waiting",
        "av": "pending",
    }


def test_an_open_gate_lets_those_begin_that_read_the_original() -> None:
    waiting = Step(StepStatus.WAITING)
    now = of(Kind.VIDEO, scan=complete(), metadata=waiting, image=waiting, av=waiting)
    assert statuses(PLAN.advance(now)) == {"metadata": "pending", "av": "pending"}


@pytest.mark.parametrize("shut", [FAILED, Step(StepStatus.UNAVAILABLE)])
def test_a_gate_that_is_not_complete_lets_nothing_through(shut: Step) -> None:
    waiting = Step(StepStatus.WAITING)
    opened = PLAN.advance(of(Kind.IMAGE, scan=shut, metadata=waiting, image=waiting))
    assert statuses(opened) == {"metadata": "skipped", "image": "skipped"}
    assert {step.error.code for step in opened.values() if step.error} == {"gate_shut"}


def test_a_derivative_opens_every_step_that_reads_it_pinned_to_its_version() -> None:
    plan = Plan.parse("office:office document:office>pdf words:office>pdf")
    made = complete(offers={"pdf": PDF})
    waiting = Step(StepStatus.WAITING, attempt=3)
    opened = plan.advance(of(Kind.OFFICE, office=made, document=waiting, words=waiting))
    assert statuses(opened) == {"document": "pending", "words": "pending"}
    assert {(step.source, step.attempt) for step in opened.values()} == {(PDF, 3)}


def test_a_source_that_may_still_come_is_waited_for() -> None:
    waiting = Step(StepStatus.WAITING)
    assert not PLAN.advance(
        of(Kind.OFFICE, scan=complete(), metadata=Step(), office=FAILED, document=waiting)
    )


def test_a_source_that_will_never_come_closes_the_step_with_a_reason() -> None:
    waiting = Step(StepStatus.WAITING)
    closed = PLAN.advance(
        of(Kind.OFFICE, scan=complete(), metadata=complete(), office=FAILED, document=waiting)
    )
    assert statuses(closed) == {"document": "skipped"}
    assert closed["document"].error is not None
    assert closed["document"].error.code == "no_source"


def test_steps_that_wait_for_each_other_do_not_wait_for_ever() -> None:
    plan = Plan.parse("a:image>b b:image>a")
    assert set(statuses(plan.first(Kind.IMAGE, 1, LIMITS)).values()) == {"skipped"}


def test_a_file_past_its_kinds_limit_is_described_and_no_more() -> None:
    steps = UNGATED.first(Kind.IMAGE, LIMITS.image_bytes + 1, LIMITS)
    assert steps["metadata"].status is StepStatus.PENDING
    assert steps["image"].status is StepStatus.FAILED
    assert steps["image"].error is not None
    assert steps["image"].error.code == "too_large"
    assert "100 MB" in steps["image"].error.message
    assert UNGATED.first(Kind.IMAGE, LIMITS.image_bytes, LIMITS)["image"].is_pending


def test_a_step_without_a_worker_tells_how_to_get_one() -> None:
    plan = Plan.parse("metadata:* document:document,office>pdf office:office?")
    step = plan.first(Kind.OFFICE, 1, LIMITS)["office"]
    assert step.status is StepStatus.UNAVAILABLE
    assert step.error is not None and "OfficeWorker" in step.error.message


def test_a_step_asked_for_again_takes_along_those_that_read_what_it_makes() -> None:
    office = complete(offers={"pdf": PDF}, attempt=1)
    now = of(
        Kind.OFFICE, metadata=complete(), office=office, document=complete(source=PDF, attempt=4)
    )
    again = PLAN.reset({"office"}, now)
    assert statuses(again) == {"office": "pending", "document": "waiting"}
    assert (again["office"].attempt, again["document"].attempt) == (2, 5)


def test_a_gate_asked_for_again_holds_everything_back() -> None:
    now = of(Kind.IMAGE, scan=complete(), metadata=complete(), image=complete())
    assert statuses(PLAN.reset({"scan"}, now)) == {
        "scan": "pending",
        "metadata": "waiting",
        "image": "waiting",
    }


def test_of_steps_asked_for_again_together_the_later_wait_for_the_earlier() -> None:
    gated = Plan.parse("antivirus:*! metadata:* image:image")
    now = of(Kind.IMAGE, antivirus=complete(), metadata=complete(), image=complete())
    assert statuses(gated.reset({"antivirus", "image"}, now)) == {
        "antivirus": "pending",
        "metadata": "waiting",
        "image": "waiting",
    }
    postered = Plan.parse("av:video image:image,video>poster")
    made = complete(offers={"poster": PDF})
    clip = of(Kind.VIDEO, av=made, image=complete(source=PDF))
    assert statuses(postered.reset({"av", "image"}, clip)) == {"av": "pending", "image": "waiting"}


def test_a_step_that_a_newer_plan_no_longer_has_is_skipped() -> None:
    waiting = Step(StepStatus.WAITING)
    for line in ("office:office", "office:office document:document", "document:office>pdf?"):
        closed = Plan.parse(line).advance(
            of(Kind.OFFICE, office=complete(offers={"pdf": PDF}), document=waiting)
        )
        assert statuses(closed) == {"document": "skipped"}
        assert closed["document"].error is not None
        assert closed["document"].error.code == "not_planned"


def test_a_step_asked_for_again_leaves_the_others_alone() -> None:
    now = of(Kind.DOCUMENT, metadata=complete(), document=replace(complete(), attempt=1))
    assert statuses(UNGATED.reset({"document"}, now)) == {"document": "pending"}


@pytest.mark.parametrize(
    "line",
    ["image", "image:", ":image", "image:painting", "image:image>", "a:* a:*", "", "a:image!?"],
)
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"step|painting|steps"):
        Plan.parse(line)
