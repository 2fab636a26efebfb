"""The driver: plays a history on the real code, one call at a time.

Each delivery runs as a greenlet of its own, which a pause leaves in the middle of a call's way; so
any interleaving of any number of deliveries can be played, and played again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from mediamill.aws.messages import delivery
from mediamill.aws.observe import ComeAgain, backoff
from mediamill.aws.table import AssetsTable
from mediamill.domain.protocol.overdue import ASKS
from model.buckets import Version
from model.calls import Call, lost, throttled
from model.cloud import Cloud
from model.histories import (
    KEYS,
    Action,
    Delete,
    Deliver,
    Fault,
    Gate,
    Lose,
    Put,
    Quarantine,
    Redrive,
    Resume,
    Rush,
    Sweep,
    Throttle,
    Tick,
)
from model.inside import World
from model.jobs import Crash
from model.queues import Message, Queue, lambda_record
from model.stack import TIMEOUTS, Stack

SWEEP_SECONDS = 60
PATIENCE = 300
SWEEPS = 4  # asked for again twice, then closed; and one more that finds nothing


class Endless(Exception):
    """The flow does not come to rest."""


@dataclass(eq=False)
class Run:
    """One delivery on its way through a function, or one sweep."""

    name: str
    timeout: int
    begun: float
    faults: tuple[Fault, ...]
    queue: Queue | None = None
    message: Message | None = None
    receipt: str = ""
    kept: bool = False
    calls: int = 0
    is_dead: bool = False
    is_hit: bool = False  # by a fault
    thread: Any = None
    log: list[str] = field(default_factory=list)

    def fault_at(self, number: int) -> str | None:
        """What befalls its `number`-th call."""
        return next((fault.kind for fault in self.faults if fault.number == number), None)


class Context:
    """What Lambda gives a handler."""

    def __init__(self, cloud: Cloud, run: Run) -> None:
        self._cloud, self._run = cloud, run

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the function's time."""
        left = self._run.begun + self._run.timeout - self._cloud.clock.now
        return max(0, round(left * 1000))


class Drive:
    """One history being played. `log` tells of it in words, if `is_loud`."""

    def __init__(self, world: World, *, strict: bool = False, is_loud: bool = False) -> None:
        self.cloud = Cloud(strict=strict)
        world.enter(self.cloud)
        self.stack = Stack.make(self.cloud)
        self.cloud.before = self._before
        self.cloud.after = self._after
        self.paused: list[Run] = []
        self.running: dict[Any, Run] = {}
        self.is_loud = is_loud
        self.log: list[str] = []
        self.has_died_telling = False  # a finisher: whether it had told, nobody knows
        self.was_faulty = self.has_lost = self.is_gated = self.has_bad_content = False
        self.throttled = 0  # messages, until they were given up
        self.quarantined: dict[str, Version] = {}  # the last that was taken away, by its key
        self.deleted: set[str] = set()  # keys that somebody has deleted
        self.restored: set[str] = set()  # keys of which an older version came to light again
        self.errors: list[BaseException] = []

    # ── the actions ──────────────────────────────────────────────────────────────────────────────

    def play(self, action: Action) -> None:
        """Do one action of a history."""
        self.tell(f"· {action}")
        s3 = self.cloud.s3
        if isinstance(action, Gate):
            self.stack, self.is_gated = self.stack.gated(), True
        elif isinstance(action, Put):
            self.has_bad_content = self.has_bad_content or bool(action.content.fails)
            s3.put_object(Bucket="uploads", Key=KEYS[action.key], Body=action.content.body)
        elif isinstance(action, Delete):
            self._delete(KEYS[action.key], action.undo)
        elif isinstance(action, Quarantine):
            self._quarantine(KEYS[action.key])
        elif isinstance(action, Deliver):
            waiting = list(self._waiting())
            if waiting:
                queue, message = waiting[action.message % len(waiting)]
                self.deliver(queue, message, action)
        elif isinstance(action, Rush):
            self._rush()
        elif isinstance(action, Resume):
            if self.paused:
                self.resume(self.paused[action.run % len(self.paused)], kill=action.kill)
        elif isinstance(action, Tick):
            self.cloud.clock.sleep(action.seconds)
        elif isinstance(action, Redrive):
            self.redrive()
        elif isinstance(action, Lose):
            self._lose(action.message)
        elif isinstance(action, Throttle):
            self._throttle(action.message)
        else:
            self.sweep(action)

    def rest(self) -> None:
        """Let every message come to its end, without faults, in all the time that it takes."""
        for _ in range(PATIENCE):
            for run in list(self.paused):
                self.resume(run, finally_=True)
            self._rush()
            hidden = [
                message.visible_at
                for name in TIMEOUTS
                for message in self.stack.queues[name].messages.values()
            ]
            if not hidden:
                return
            self.cloud.clock.now = max(self.cloud.clock.now, min(hidden))
        raise Endless("messages come again for ever")

    def settle(self) -> None:
        """The same, and the sweep called until nobody can be overdue any more."""
        self.rest()
        for _ in range(SWEEPS):
            before = self.cloud.changes
            self.cloud.clock.sleep(7 * 3600)
            self.sweep(Sweep())
            self.rest()
            if self.cloud.changes == before:
                return  # nothing was overdue, after all these hours

    @property
    def is_only_throttled(self) -> bool:
        """Whether nothing went wrong but that functions had no room, and that not for hours."""
        return not self.was_faulty and not self.has_bad_content and self.throttled <= ASKS

    @property
    def has_dead_letters(self) -> bool:
        """Whether a message is among the dead: nobody but the sweep can know of it."""
        return any(self.stack.queues[f"dead-{name}"].messages for name in TIMEOUTS)

    def redrive(self) -> int:
        """Put every dead letter back into its queue, as a new message; how many there were."""
        moved = 0
        for name in TIMEOUTS:
            dead = self.stack.queues[f"dead-{name}"]
            moved += len(list(self.cloud.sqs.visible(dead)))
            self.cloud.sqs.start_message_move_task(SourceArn=dead.arn)
        return moved

    def sweep(self, action: Sweep) -> None:
        """Call the sweep."""
        work = self.stack.sweep()
        run = Run("sweep", SWEEP_SECONDS, self.cloud.clock.now, action.faults)
        context = Context(self.cloud, run)
        self._start(run, lambda: work(context))

    def deliver(self, queue: Queue, message: Message, action: Deliver) -> None:
        """Give one message to its function, unless it has been received too often."""
        if not self.cloud.sqs.take(queue, message, 0 if action.twin else None):
            self.tell(f"  {queue.name}: a dead letter")
            return
        if action.twin or action.kept:
            self.was_faulty = True
        run = Run(
            f"{queue.name} {message.message_id[4:8]}.{message.receives}",
            TIMEOUTS[queue.name],
            self.cloud.clock.now,
            action.faults,
            queue,
            message,
            message.receipt,
            action.kept,
        )
        told = delivery(lambda_record(queue, message))
        context, handle = Context(self.cloud, run), self.stack.handler(queue.name)
        self._start(run, lambda: handle(told, context))

    def resume(self, run: Run, *, kill: bool = False, finally_: bool = False) -> None:
        """Let a paused run go on; one whose function's time is over is killed."""
        self.paused.remove(run)
        if finally_:
            run.faults = ()
        if kill or self.cloud.clock.now - run.begun > run.timeout:
            run.is_dead = True
            self.has_died_telling = self.has_died_telling or run.name.startswith("manifest")
            self.was_faulty = True
        run.thread.parent = getcurrent()
        self.tell(f"  {run.name}: {'killed' if run.is_dead else 'goes on'}")
        run.thread.switch()
        self._after_switch(run)

    # ── a run ────────────────────────────────────────────────────────────────────────────────────

    def _start(self, run: Run, work: Any) -> None:
        run.thread = greenlet(lambda: self._carry(run, work))
        self.running[run.thread] = run
        run.thread.switch()
        self._after_switch(run)

    def _carry(self, run: Run, work: Any) -> None:
        try:
            work()
        except Crash:
            run.is_dead = True
            self.was_faulty = True
            self.tell(f"  {run.name}: dead")
            return  # the message comes again when its time out of sight is over
        except Exception as error:
            if not run.is_hit and not _is_expected(error):
                self.errors.append(error)
            self.tell(f"  {run.name}: failed with {type(error).__name__}: {error}"[:160])
            if run.message is not None and run.message.receipt == run.receipt:
                run.message.visible_at = self.cloud.clock.now + _wait(run.message, error)
            return
        self.tell(f"  {run.name}: done")
        if run.queue is None or run.message is None or run.kept:
            return
        if run.message.receipt == run.receipt:  # else another delivery holds it
            run.queue.messages.pop(run.message.message_id, None)

    def _after_switch(self, run: Run) -> None:
        if run.thread.dead:
            self.running.pop(run.thread, None)

    def _before(self, call: Call) -> None:
        run = self.running.get(getcurrent())
        if run is None:
            return
        if run.is_dead:
            raise Crash
        if call.attempt == 1:
            run.calls += 1
        kind = run.fault_at(run.calls)
        if kind is None:
            return self._tell_call(run, call, "")
        self.was_faulty = run.is_hit = True
        if kind != "pause" and run.name.startswith("manifest"):
            self.has_died_telling = True
        if kind == "refused":
            self._tell_call(run, call, " refused")
            raise throttled(call)
        if kind == "crash":
            run.is_dead = True
            self._tell_call(run, call, " not made: the process ends")
            raise Crash
        if (kind == "pause" and call.attempt == 1) or (kind == "lost_pause" and call.attempt == 2):
            self._tell_call(run, call, " waits")
            self.paused.append(run)
            run.thread.parent.switch()
            if run.is_dead:
                raise Crash
        self._tell_call(run, call, "")

    def _after(self, call: Call) -> None:
        run = self.running.get(getcurrent())
        if run is None:
            return
        kind = run.fault_at(run.calls)
        if kind == "crash_after":
            run.is_dead = True
            self._tell_call(run, call, " made, and the process ends")
            raise Crash
        if kind == "dead" or (kind in ("lost", "lost_pause") and call.attempt == 1):
            self._tell_call(run, call, " made, and its answer lost")
            raise lost(call)

    # ── the rest ─────────────────────────────────────────────────────────────────────────────────

    def _waiting(self) -> Iterator[tuple[Queue, Message]]:
        for name in TIMEOUTS:
            queue = self.stack.queues[name]
            for message in self.cloud.sqs.visible(queue):
                yield queue, message

    def _rush(self) -> None:
        """Deliver what is visible until nothing is, first come first served."""
        for _ in range(PATIENCE):
            waiting = list(self._waiting())
            if not waiting:
                return
            for queue, message in waiting:
                if message.message_id in queue.messages:
                    self.deliver(queue, message, Deliver(0))
        raise Endless("messages call messages for ever")

    def _lose(self, number: int) -> None:
        """A message is gone for good; but for S3's own, which nobody could know of."""
        waiting = [found for found in self._waiting() if found[0].name != "ingest"]
        if waiting:
            queue, message = waiting[number % len(waiting)]
            del queue.messages[message.message_id]
            self.was_faulty = self.has_lost = True
            self.tell(f"  {queue.name} {message.message_id[4:8]}: lost")

    def _throttle(self, number: int) -> None:
        """A message is received until it is given up, and no function ever has it."""
        waiting = list(self._waiting())
        if waiting:
            queue, message = waiting[number % len(waiting)]
            while self.cloud.sqs.take(queue, message):
                self.cloud.clock.sleep(queue.visibility)
            self.throttled += 1
            self.tell(f"  {queue.name} {message.message_id[4:8]}: never had, and a dead letter")

    def _delete(self, key: str, undo: bool) -> None:
        bucket = self.cloud.s3.by_name["uploads"]
        current = bucket.current(key)
        if current is None or current.is_marker is not undo:
            return
        more = {"VersionId": current.version_id} if undo else {}
        self.deleted.add(key)
        if undo:
            self.restored.add(key)
        self.cloud.s3.delete_object(Bucket="uploads", Key=key, **more)

    def _quarantine(self, key: str) -> None:
        """Take away what a gate has refused, if it is there."""
        record = AssetsTable(self.stack.settings.assets_table).get(key)
        if record is None or not any(step.is_refusal for step in record.steps.values()):
            return
        there = self.cloud.s3.by_name["uploads"].objects.get(key, [])
        version = next((v for v in there if v.version_id == record.asset.version_id), None)
        if version is not None:
            self.quarantined[key] = version
            self.restored.add(key)  # an older version may come to light
            self.cloud.s3.delete_object(Bucket="uploads", Key=key, VersionId=version.version_id)

    def tell(self, line: str) -> None:
        """Note what happens, for whoever reads a failure."""
        if self.is_loud:
            self.log.append(line)

    def _tell_call(self, run: Run, call: Call, what: str) -> None:
        if self.is_loud:
            self.log.append(f"    {run.name} {run.calls}: {call}{_of(call)}{what}")


def _wait(message: Message, error: Exception) -> float:
    """After how many seconds a failed message comes again: the shortest that chance allows."""
    if isinstance(error, ComeAgain):
        return error.wait(message.receives)
    return backoff(message.receives) / 2


def _is_expected(error: Exception) -> bool:
    return type(error).__name__ in (
        "Fault",
        "OriginalGone",
        "OriginalChanged",
        "GivenUp",
        "ComeAgain",
    )


def _of(call: Call) -> str:
    params = call.params
    for name in ("UpdateExpression", "Key", "MessageBody", "Message", "Delete", "TransactItems"):
        if name in params:
            return f" {params[name]}"[:150]
    return ""
