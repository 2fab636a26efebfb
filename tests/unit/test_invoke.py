"""What an invocation by SAM came to, read from what it printed."""

from __future__ import annotations

import pytest
from invoke import Outcome, last_json


@pytest.mark.parametrize(
    ("printed", "succeeded"),
    [
        pytest.param("null", True, id="a schedule's answer"),
        pytest.param('{"batchItemFailures": []}', True, id="every message was done"),
        pytest.param('{"batchItemFailures": [{"itemIdentifier": "1"}]}', False, id="one was not"),
        pytest.param('{"errorType": "KeyError", "errorMessage": "key"}', False, id="it raised"),
        pytest.param("", False, id="it was ended"),
        pytest.param("Function timed out after 1 seconds", False, id="SAM says why"),
    ],
)
def test_says_of_every_answer_whether_the_work_was_done(printed: str, succeeded: bool) -> None:
    assert Outcome(last_json(printed), printed).succeeded is succeeded
