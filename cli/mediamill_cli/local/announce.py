"""Announce what a stop of the local stack may have swallowed, so that every upload ends complete.

The server writes queues and tables down when it stops, but each object at once: an event that was
on its way at that moment, or everything since the last stop if it was killed, is not in them.
"""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from mediamill.aws.announce import announce_unknown
from mediamill_cli.assets import listing
from mediamill_cli.stack import Stack


def announce_swallowed(stack: Stack, notice: Callable[[str], None]) -> None:
    """Announce every upload and removal that the table has not heard of.

    The server cannot list a bucket with control characters in a key: that is told to `notice`, and
    keeps nobody from working.
    """
    try:
        announce_unknown(
            stack.uploads,
            stack.output("IngestQueueUrl"),
            s3=stack.s3,
            sqs=stack.sqs,
            listing=listing(stack),
            pattern=stack.parameters().get("UploadsPattern", "*"),
        )
    except (ResponseParserError, ClientError) as error:
        notice(
            "The uploads could not be listed, which a control character in a key is enough for. "
            "What was uploaded just before the last stop, and is not in `mediamill ls`, has to be "
            f"uploaded again. {error}"
        )
