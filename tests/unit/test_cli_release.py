"""Messages that were in flight when the server stopped come back at once."""

import json
from pathlib import Path
from typing import Any

from mediamill_cli.local.release import release_in_flight


def saved(state: Path, *messages: dict[str, Any], form: int = 2) -> Path:
    queue = {"messages": list(messages)}
    path = state / "sqs.json"
    path.write_text(
        json.dumps(
            {
                "__ministack_format__": form,
                "payload": {"queues": {"__account_region_scoped__": True, "data": {"q": queue}}},
            }
        )
    )
    return path


def messages(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["payload"]["queues"]["data"]["q"][
        "messages"
    ]
    return found


IN_FLIGHT = {"id": "1", "sent_at": 100.0, "visible_at": 9e9, "receive_count": 2}
DELAYED = {"id": "2", "sent_at": 100.0, "visible_at": 9e9, "receive_count": 0}


def test_a_message_in_flight_is_visible_and_its_try_not_counted(tmp_path: Path) -> None:
    path = saved(tmp_path, IN_FLIGHT)
    assert release_in_flight(tmp_path) == 1
    assert messages(path) == [{**IN_FLIGHT, "visible_at": 100.0, "receive_count": 1}]


def test_a_message_that_is_delayed_on_purpose_stays_so(tmp_path: Path) -> None:
    path = saved(tmp_path, DELAYED)
    assert release_in_flight(tmp_path) == 0
    assert messages(path) == [DELAYED]


def test_a_form_that_is_not_known_is_left_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, IN_FLIGHT, form=3)
    before = path.read_bytes()
    assert release_in_flight(tmp_path) == 0
    assert path.read_bytes() == before


def test_nothing_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert release_in_flight(tmp_path) == 0
    (tmp_path / "sqs.json").write_text("{ torn")
    assert release_in_flight(tmp_path) == 0
