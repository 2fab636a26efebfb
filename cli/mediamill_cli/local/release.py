"""Hand back what was in flight when the server stopped.

A message that a function was working on is hidden until its time-out is over, and the server
writes that down too. But once the server has stopped nobody works on it any more: so before the
next start every such message becomes visible at once, and the try that was cut short is not held
against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# The form that MiniStack 1.5 gives its queues on disk. In another one we change nothing, and
# the messages come back by themselves when their time is over.
_FORMAT = 2


def release_in_flight(state: Path) -> int:
    """Make every message in flight visible in a stopped server's state; how many there were."""
    queues = state / "sqs.json"
    try:
        saved = json.loads(queues.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return 0
    if not isinstance(saved, dict) or saved.get("__ministack_format__") != _FORMAT:
        return 0
    released = sum(_release(message) for message in _messages(saved))
    if released:
        partial = queues.with_suffix(".part")
        partial.write_text(json.dumps(saved), encoding="utf-8")
        partial.replace(queues)
    return released


def _messages(saved: dict[str, Any]) -> list[dict[str, Any]]:
    queues = saved.get("payload", {}).get("queues", {}).get("data", {})
    return [message for queue in queues.values() for message in queue.get("messages", [])]


def _release(message: dict[str, Any]) -> bool:
    received = message.get("receive_count", 0)
    if received < 1 or not message.get("visible_at"):  # waiting, or delayed on purpose
        return False
    message["receive_count"] = received - 1
    message["visible_at"] = message.get("sent_at", 0)
    return True
