"""What an asset is, and the steps' states: the words that every part shares."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What an asset is, decided from its content."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"
    OFFICE = "office"
    OTHER = "other"


class StepStatus(StrEnum):
    """Where one worker's part of an asset stands; all but `waiting` and `pending` are terminal.

    `waiting` is for a gate, or for a derivative that another step makes; `pending` for a worker;
    `skipped` is what never had anything to read.
    """

    WAITING = "waiting"
    PENDING = "pending"
    COMPLETE = "complete"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    SKIPPED = "skipped"


class Status(StrEnum):
    """Where an asset stands; all but `processing` are terminal."""

    PROCESSING = "processing"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    REJECTED = "rejected"
    DELETED = "deleted"
