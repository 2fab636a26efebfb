"""Fences around children: each is tried from inside, with it and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from made import handlers

from mediamill.domain.bounded import fences, restrain
from mediamill.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fences are Linux's")

AROUND_A_CHILD = {"network", "programs", "memory", "files", "environment"}


def standing() -> set[str]:
    return {name for name, holds in fences().items() if holds} - {"parent", "paths"}


def test_all_of_them_hold() -> None:
    assert standing() == AROUND_A_CHILD


@pytest.mark.parametrize(
    ("fence", "lost"),
    [
        ("wall_off", {"network", "programs"}),
        ("bound_memory", {"memory"}),
        ("close_all_but", {"files"}),
        ("forget_environment", {"environment"}),
    ],
)
def test_each_is_missed_where_it_is_not_put_up(
    fence: str, lost: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "known only to the parent")
    monkeypatch.setattr(restrain, fence, lambda *given: None)
    assert standing() == AROUND_A_CHILD - lost


@pytest.mark.parametrize("function", ["document", "metadata", "office"])
def test_a_function_says_once_at_its_start_which_hold(
    function: str, caplog: pytest.LogCaptureFixture
) -> None:
    handlers.job(function, "lambda_handler", Settings.from_env())
    (line,) = (each for each in caplog.records if each.message == "fences around children")
    told: dict[str, Any] = vars(line)
    assert set(told["holding"]) >= AROUND_A_CHILD
    assert set(told["missing"]) <= {"parent", "paths"}


AS_NOBODY = """
import ctypes, json, os, sys
from mediamill.domain.bounded import fences
if os.getuid() == 0:
    os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a process is that has not changed its user
if sys.argv[1] == "without":
    from mediamill.domain.bounded import forked
    sys.modules["mediamill.domain.bounded.forked"].hide_memory = lambda: None
print(json.dumps(dict(fences())))
"""


@pytest.mark.parametrize(("way", "holds"), [("with", True), ("without", False)])
def test_the_parent_s_environment_is_hidden_from_its_user_s_processes(
    way: str, holds: bool
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, way],
        env={"SECRET": "x", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(done.stdout)["parent"] is holds


def test_a_child_that_dies_before_it_answers_holds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restrain, "forget_environment", lambda: os._exit(1))
    assert standing() == set()
