"""What calls bring and answers are, typed: msgspec reads, writes and describes them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from mediamill.domain.kind import Kind, Status, StepStatus

PAGE = 50
MOST = 100  # what BatchGetItem reads at once

Limit = Annotated[int, Meta(ge=1, le=MOST, description="How many at the most.")]
Cursor = Annotated[str, Meta(max_length=4096, description="Where a list goes on: its `next`.")]
Prefix = Annotated[str, Meta(max_length=1024, description="What the keys begin with.")]


Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a call: what is not in it has its default, what nobody knows is an error."""


class ListQuery(Query, frozen=True):
    """Which assets to list."""

    kind: Annotated[Kind, Meta(description="Only of this kind.")] | None = None
    status: Annotated[Status, Meta(description="Only in this state.")] | None = None
    day: Annotated[date, Meta(description="Only of this day, in UTC.")] | None = None
    prefix: Prefix | None = None
    folders: Annotated[
        bool, Meta(description="Only what lies right under the prefix, and its folders' names.")
    ] = False
    limit: Limit = PAGE
    cursor: Cursor | None = None


class EventsQuery(Query, frozen=True):
    """Which changes to tell, and how long to wait for one."""

    after: (
        Annotated[str, Meta(max_length=4096, description="The `after` of the last answer.")] | None
    ) = None
    prefix: Prefix | None = None
    wait: Annotated[
        int, Meta(ge=0, le=25, description="Seconds to wait where nothing has changed.")
    ] = 20
    limit: Limit = MOST


class DeliverQuery(Query, frozen=True):
    """Which of several files a derivative is."""

    page: Annotated[int, Meta(ge=1, le=100_000, description="The page, from 1.")] = 1
    format: (
        Annotated[str, Meta(max_length=16, description="webp, jpeg …; else as Accept says.")] | None
    ) = None
    download: Annotated[bool, Meta(description="Whether browsers are to save it.")] = False


class PictureQuery(Query, frozen=True):
    """How large a picture is shown."""

    w: Annotated[int, Meta(ge=1, le=20_000, description="Its width in CSS pixels.")] = 800
    dpr: Annotated[float, Meta(ge=0.5, le=4, description="Device pixels to a CSS pixel.")] = 1.0


class ContentQuery(Query, frozen=True):
    """Where the caller is."""

    region: (
        Annotated[
            str,
            Meta(
                pattern="^(?!default(-|$))[a-z0-9_]{1,64}(-[a-z0-9_]{1,64}){0,2}$",
                description="As in egypt-cairo; else as the token or CloudFront says.",
            ),
        ]
        | None
    ) = None


class NoQuery(Query, frozen=True):
    """A call without a query."""


class Body(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an answer: what is unknown is left out."""


class Row(Body, frozen=True, kw_only=True):
    """One asset of a list. `bytes` is the original's size."""

    key: str
    asset_id: str
    kind: Kind
    status: Status
    bytes: int
    content_type: str
    created_at: Time


class Assets(Body, frozen=True, kw_only=True):
    """A page of a list; it goes on while there is `next`, however many stand in a page."""

    assets: list[Row]
    folders: list[str] | UnsetType = UNSET
    next: str | UnsetType = UNSET


class Event(Row, frozen=True, kw_only=True):
    """An asset whose status changed to what it is now. `id` is the same each time it is told."""

    id: str
    changed_at: Time


class Events(Body, frozen=True, kw_only=True, omit_defaults=False):
    """What changed, the oldest first. Ask on with `after`: at once, if there is `more`."""

    events: list[Event]
    after: str
    more: bool


class Reason(Body, frozen=True, kw_only=True):
    """Why something failed, or a warning: a stable code, and a sentence."""

    code: str
    message: str


class Step(Body, frozen=True, kw_only=True):
    """Where one worker's part of an asset stands; `attempt` counts how often it was begun anew."""

    status: StepStatus
    attempt: int = 0
    duration_ms: int | None = None
    error: Reason | None = None
    warnings: list[Reason] = []


class Asset(Row, frozen=True, kw_only=True):
    """All that is known of an asset.

    `links` has addresses that need no credentials, by results key, for `links_seconds`; `srcset` is
    ready for HTML, by media type, of the same addresses. `manifest` is there once it was written.
    """

    updated_at: Time | None = None
    completed_at: Time | None = None
    steps: dict[str, Step]
    rejection: Reason | None = None
    original: str | None = None
    links: dict[str, str] = {}
    links_seconds: int
    srcset: dict[str, str] = {}
    manifest: dict[str, Any] | None = None


class ProblemDetails(Body, frozen=True, kw_only=True):
    """What went wrong, as RFC 9457 has it; `code` is stable, `detail` a sentence for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str | None = None


KeyText = Annotated[str, Meta(min_length=1, max_length=1024)]
UploadId = Annotated[str, Meta(min_length=1, max_length=1024, description="A multipart upload's.")]
Size = Annotated[int, Meta(ge=0, description="The file's size in bytes.")]


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a call: what nobody knows in it is an error."""


class Upload(Ask, frozen=True):
    """A file that is to come. `sha256` is hex; nothing is overwritten unless `overwrite` says so.

    `metadata` becomes the object's own: `focus` for crops, `password` for a PDF.
    """

    key: KeyText
    bytes: Size
    content_type: Annotated[str, Meta(pattern=r"^[\w.+-]+/[\w.+-]+(; ?[\w.=+-]+)*$")] = (
        "application/octet-stream"
    )
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    overwrite: bool = False
    metadata: Annotated[
        dict[
            Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,31}$")],
            Annotated[str, Meta(pattern="^[ -~]{1,256}$")],
        ],
        Meta(max_length=8),
    ] = {}


class PartNumbers(Ask, frozen=True):
    """Parts of a multipart upload that are to come, by their numbers."""

    key: KeyText
    upload_id: UploadId
    numbers: Annotated[
        list[Annotated[int, Meta(ge=1, le=10_000)]], Meta(min_length=1, max_length=MOST)
    ]


class Completion(Ask, frozen=True):
    """A multipart upload whose parts are all there, and have so many bytes together."""

    key: KeyText
    upload_id: UploadId
    bytes: Size
    overwrite: bool = False


class UploadQuery(Query, frozen=True):
    """Which multipart upload is meant."""

    key: KeyText
    upload_id: UploadId


class Put(Body, frozen=True, kw_only=True):
    """Where a file goes: a PUT to `url` with these very headers, within `seconds`."""

    url: str
    headers: dict[str, str]
    seconds: int


class Multipart(Body, frozen=True, kw_only=True):
    """Where a large file goes: so many parts, each of `part_bytes`, but for the last."""

    upload_id: str
    part_bytes: int
    parts: int


class Uploading(Body, frozen=True, kw_only=True):
    """An upload that was begun: one of `put` and `multipart`. `key` is the asset's."""

    key: str
    put: Put | None = None
    multipart: Multipart | None = None


class PartLinks(Body, frozen=True, kw_only=True):
    """Where parts go, by their numbers: a PUT to each, within `seconds`."""

    urls: dict[str, str]
    seconds: int


class Part(Body, frozen=True, kw_only=True):
    """A part that is there."""

    number: int
    bytes: int


class Parts(Body, frozen=True, kw_only=True):
    """The parts of an upload that are there: the others are still to come."""

    parts: list[Part]


class Begun(Body, frozen=True, kw_only=True):
    """An asset that is processed again."""

    key: str
    status: Status


class Key(Body, frozen=True, kw_only=True):
    """The asset that something was done to."""

    key: str
