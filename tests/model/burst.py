"""Many photos put at one moment, worked off side by side over partitions with AWS's limit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from made.flow import make_tables

from mediamill.aws.messages import delivery
from mediamill.domain.kind import Status
from model.cloud import Cloud
from model.contents import Content
from model.inside import World
from model.lanes import Lanes
from model.queues import Message, Queue, lambda_record
from model.stack import TIMEOUTS, Stack

CALL_SECONDS = 0.015  # what an answer takes inside of a region, as benchmarks/costs.py has it
POLL_SECONDS = 0.1
STEPS = ("ingest", "image", "metadata", "manifest")


class _Context:
    """A Lambda context: the jobs take no time here."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


@dataclass(frozen=True, slots=True)
class Burst:
    """What a burst came to. `units` are write units by table and index, of all photos."""

    photos: int
    seconds: float
    statuses: Counter[str]
    errors: list[Exception]
    units: Counter[str]
    partitions: Counter[tuple[str, Any]]
    throttled: int

    @property
    def units_each(self) -> float:
        """Write units of one photo: the tables' and the indexes'."""
        return sum(self.units.values()) / self.photos

    @property
    def busiest(self) -> float:
        """Write units of one photo that the busiest partition takes."""
        return max(self.partitions.values()) / self.photos

    def __str__(self) -> str:
        each = ", ".join(f"{name} {units / self.photos:.2f}" for name, units in self.units.items())
        (name, _), _ = self.partitions.most_common(1)[0]
        return (
            f"{self.photos} photos: {self.units_each:.2f} write units each ({each}); the busiest "
            f"partition, one of {name}, takes {self.busiest:.3f} of them; "
            f"{self.photos / self.seconds:.0f} photos a second, {self.throttled} calls throttled, "
            f"{len(self.errors)} errors, {dict(self.statuses)}"
        )


def burst(world: World, photos: int, *, instances: int) -> Burst:
    """Put so many photos at once, and work them off with so many instances of each function."""
    clock = Lanes()
    cloud = Cloud(clock, strict=False, latency=CALL_SECONDS)
    world.enter(cloud)
    stack = Stack.make(cloud)
    make_tables("assets", "made")  # with both lists, as the template has them
    cloud.dynamodb.is_bounded = True
    for number in range(photos):
        body = Content("image", serial=number + 1).body
        cloud.s3.put_object(Bucket="uploads", Key=f"photos/2026/{number:06}.jpg", Body=body)
    throttled: Counter[str] = Counter()
    cloud.before = lambda call: throttled.update([call.operation] if call.attempt > 1 else [])
    started, errors = clock.now, list[Exception]()
    for step in STEPS:
        for _ in range(instances):
            clock.begin(lambda step=step: _lane(stack, step, errors))  # type: ignore[misc]
    clock.run()
    tables = cloud.dynamodb.by_name.values()
    return Burst(
        photos,
        clock.now - started,
        Counter(Status(item["status"]["S"]).value for item in _items(stack)),
        errors,
        sum((table.units for table in tables), Counter[str]()),
        cloud.dynamodb.spent(),
        throttled.total(),
    )


def _lane(stack: Stack, step: str, errors: list[Exception]) -> None:
    """One instance of a function: message after message, until no queue holds any."""
    queue, handle, clock = stack.queues[step], stack.handler(step), stack.cloud.clock
    while any(stack.queues[name].messages for name in TIMEOUTS):
        message = _next(queue, clock.now)
        if message is None:
            clock.sleep(POLL_SECONDS)
        elif stack.cloud.sqs.take(queue, message):
            try:
                handle(delivery(lambda_record(queue, message)), _Context())
            except Exception as error:
                errors.append(error)
                message.visible_at = clock.now + 3**message.receives
            else:
                queue.messages.pop(message.message_id, None)


def _next(queue: Queue, now: float) -> Message | None:
    return next((held for held in queue.messages.values() if held.visible_at <= now), None)


def _items(stack: Stack) -> list[Any]:
    return [*stack.cloud.dynamodb.by_name["assets"].items.values()]
