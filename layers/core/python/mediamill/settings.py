"""Every environment variable that the functions know, read once, typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

from mediamill.domain.limits import MEGA, Limits
from mediamill.domain.page_size import AT_150_DPI, PageSize
from mediamill.domain.plan import Plan
from mediamill.domain.privacy import Privacy
from mediamill.domain.profile import Profile, parse_profiles
from mediamill.domain.watermark_style import WatermarkStyle
from mediamill.domain.webhooks.receiver import Receiver

T = TypeVar("T")


class BadSetting(ValueError):
    """An environment variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Tracing:
    """What a trace's segments need: their name, Lambda's own trace header, and X-Ray's daemon.

    `daemon` is None where nothing is to be traced.
    """

    name: str
    invocation: str
    daemon: tuple[str, int] | None

    @classmethod
    def now(cls) -> Tracing:
        """That of the invocation that runs now: Lambda writes the header anew for each."""
        environment = os.environ  # noqa: TID251  the one variable that changes
        host, _, port = environment.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
        is_traced = environment.get("TRACED") == "true" and host and port.isdigit()
        return cls(
            f"mediamill {environment.get('POWERTOOLS_SERVICE_NAME', '')}".strip(),
            environment.get("_X_AMZN_TRACE_ID", ""),
            (host, int(port)) if is_traced else None,
        )


@dataclass(frozen=True)
class Settings:
    """What the template tells the functions. Each function is given only the part that it needs.

    `environment` is kept as it was read; every property reads one variable, and raises BadSetting
    where the value is missing or cannot be understood.
    """

    environment: Mapping[str, str]

    @classmethod
    def from_env(cls) -> Settings:
        """The settings of this process."""
        return cls(dict(os.environ))  # noqa: TID251  the one place that reads it

    @cached_property
    def results_bucket(self) -> str:
        """Where derivatives and manifests are put."""
        return self._text("RESULTS_BUCKET")

    @cached_property
    def assets_table(self) -> str:
        """The DynamoDB table with one record per uploads key."""
        return self._text("ASSETS_TABLE")

    @cached_property
    def made_table(self) -> str:
        """The DynamoDB table of what each try of each step has made."""
        return self._text("MADE_TABLE")

    @cached_property
    def uploads_bucket(self) -> str:
        """Where originals are put: no event of another bucket is taken."""
        return self._text("UPLOADS_BUCKET")

    @cached_property
    def api_prefix(self) -> str:
        """What all keys begin with that the API's callers may use, with a token's claims in it."""
        return self.environment.get("API_PREFIX", "")

    @cached_property
    def content_bucket(self) -> str | None:
        """Where content by region is, if this deployment has any: no bucket of assets."""
        bucket = self.environment.get("CONTENT_BUCKET") or None
        if bucket is not None and bucket in (self.uploads_bucket, self.results_bucket):
            raise BadSetting(
                f"ContentBucket={bucket!r} has assets in it, which are not everybody's."
            )
        return bucket

    @cached_property
    def cdn(self) -> Sequence[str]:
        """The distribution's domain, its key's id and its secret's ARN, or nothing without one."""
        domain = self.environment.get("CDN_DOMAIN", "")
        more = (self.environment.get(name, "") for name in ("CDN_KEY_ID", "CDN_KEY"))
        return (domain, *more) if domain else ()

    @cached_property
    def owns_uploads(self) -> bool:
        """Whether the uploads bucket is this deployment's, to write to."""
        return self.environment.get("OWNS_UPLOADS", "true") == "true"

    @cached_property
    def dead_letters(self) -> Mapping[str, str]:
        """The dead-letter queues' URLs by the step, or by `ingest` and `manifest`.

        The environment holds their names, since URLs of many would leave it no room; they are
        queues of the same account and region as the one in front of ingest.
        """
        return self._parsed(
            "DEAD_LETTERS",
            lambda text: {
                step: urljoin(self.ingest_queue, queue)
                for step, queue in (pair.split("=", 1) for pair in text.split())
            },
        )

    @cached_property
    def overdue_seconds(self) -> int:
        """How long nobody may have spoken of an asset before the sweep asks for it again."""
        return self._number("OVERDUE_HOURS", 6) * 3600

    @cached_property
    def assets_topic(self) -> str:
        """The ARN of the topic that fans assets out to the workers."""
        return self._text("ASSETS_TOPIC")

    @cached_property
    def completed_topic(self) -> str:
        """The ARN of the topic that tells the world of finished assets."""
        return self._text("COMPLETED_TOPIC")

    @cached_property
    def manifest_queue(self) -> str:
        """The URL of the queue in front of the manifest function."""
        return self._text("MANIFEST_QUEUE")

    @cached_property
    def ingest_queue(self) -> str:
        """The URL of the queue in front of ingest."""
        return self._text("INGEST_QUEUE")

    @cached_property
    def own_queue(self) -> str | None:
        """The URL of the queue in front of this function, to say when to bring a message back."""
        return self.environment.get("OWN_QUEUE") or None

    @cached_property
    def webhook_receivers(self) -> Sequence[Receiver]:
        """Who is told of finished assets; plain http leads to the loopback, on a local stack."""
        may_be_local = self._word("LOCAL_WEBHOOKS", "false", "true") == "true"
        return self._parsed(
            "WEBHOOK_URLS",
            lambda text: [
                Receiver.parse(url, may_be_local=may_be_local) for url in text.split(",")
            ],
        )

    @cached_property
    def webhook_secret(self) -> str:
        """The ARN of the secret that webhooks are signed with."""
        return self._text("WEBHOOK_SECRET")

    @cached_property
    def plan(self) -> Plan:
        """Which steps there are, for which kinds, after what, reading what."""
        return self._parsed("PLAN", Plan.parse)

    @cached_property
    def profiles(self) -> Sequence[Profile]:
        """The renditions to make."""
        return self._parsed(
            "RENDITIONS",
            lambda renditions: parse_profiles(
                renditions,
                self.environment.get("FORMATS", "webp"),
                qualities=self.environment.get("QUALITIES", ""),
                effort=self.environment.get("EFFORT", "balanced"),
            ),
        )

    @cached_property
    def document_extras(self) -> Mapping[str, str]:
        """What else to make of documents: `words`, `clean`, `split`, `pages=1-3` …"""

        def parse(text: str) -> Mapping[str, str]:
            extras = dict(part.strip().partition("=")[::2] for part in text.split(","))
            known = ("words", "uncropped", "clean", "split", "pictures", "pages")
            unknown = extras.keys() - set(known)
            if unknown:
                raise ValueError(f"{sorted(unknown)[0]!r} is none of {', '.join(known)}")
            return extras

        return self._parsed("DOCUMENT_EXTRAS", parse) if self._given("DOCUMENT_EXTRAS") else {}

    @cached_property
    def page_size(self) -> PageSize:
        """How large the pictures of a document's pages are."""
        return self._parsed("PAGE_SIZE", PageSize.parse) if self._given("PAGE_SIZE") else AT_150_DPI

    @cached_property
    def background(self) -> str:
        """What shows through where a format has no alpha: `#rrggbb`."""
        return self.environment.get("BACKGROUND", "#ffffff")

    @cached_property
    def keep_colour(self) -> bool:
        """Whether renditions stay in a wide colour space that their original came in."""
        return self._word("COLOR", "srgb", "keep") == "keep"

    @cached_property
    def watermark(self) -> tuple[str, str] | None:
        """The bucket and the key of the PNG that is laid over renditions."""
        bucket, _, key = self.environment.get("WATERMARK", "").partition("/")
        return (bucket, key) if key else None

    @cached_property
    def watermark_style(self) -> WatermarkStyle:
        """Where, how large and how strong the watermark is."""
        if not self._given("WATERMARK_STYLE"):
            return WatermarkStyle()
        return self._parsed("WATERMARK_STYLE", WatermarkStyle.parse)

    @cached_property
    def stores_repeats(self) -> bool:
        """Whether renditions of the same bytes are stored under each of their names."""
        return self._word("REPEATS", "each", "once") == "each"

    @cached_property
    def cache_control(self) -> str:
        """The Cache-Control header of derivatives."""
        return self.environment.get("CACHE_CONTROL", "public, max-age=86400")

    @cached_property
    def privacy(self) -> Privacy:
        """How much of a file's metadata the manifest tells."""
        return self._parsed("PRIVACY", Privacy)

    @cached_property
    def digest(self) -> bool:
        """Whether to read every original whole for its SHA-256."""
        return self.environment.get("DIGEST", "false") == "true"

    @cached_property
    def office_command(self) -> str:
        """The command that starts LibreOffice."""
        return self.environment.get("OFFICE_COMMAND", "soffice")

    @cached_property
    def office_profile(self) -> Path | None:
        """The LibreOffice profile that was warmed when the image was built, if there is one."""
        path = self.environment.get("OFFICE_PROFILE")
        return Path(path) if path else None

    @cached_property
    def office_pages(self) -> int:
        """How many pages of an Office file its PDF keeps."""
        return self._number("MAX_OFFICE_PAGES", 500)

    @cached_property
    def pdf_a(self) -> str:
        """Which PDF/A an Office file becomes: `1b`, `2b`, `3b`, or empty for none."""
        wanted = self._word("PDF_A", "none", "1b", "2b", "3b")
        return "" if wanted == "none" else wanted

    @cached_property
    def definitions_bucket(self) -> str:
        """Where the scanner's definitions are published."""
        return self._text("DEFINITIONS_BUCKET")

    @cached_property
    def scan_max_age_days(self) -> int:
        """After how many days nothing is clean by definitions any more."""
        return self._number("SCAN_MAX_AGE", 3)

    @cached_property
    def scan_sources(self) -> Sequence[str]:
        """Mirrors of definitions, or addresses of single files of them."""
        return self._text("SCAN_SOURCES").split()

    @cached_property
    def passes_unknown(self) -> bool:
        """Whether a file that cannot be scanned goes on, with a warning."""
        return self._word("SCAN_UNKNOWN", "reject", "pass") == "pass"

    @cached_property
    def quarantine(self) -> str:
        """What becomes of an infected version: `move`, `tag` or `delete`."""
        return self._word("QUARANTINE", "move", "tag", "delete")

    @cached_property
    def quarantine_bucket(self) -> str:
        """Where infected versions are moved."""
        return self._text("QUARANTINE_BUCKET")

    @cached_property
    def alerts_topic(self) -> str:
        """The ARN of the topic for what somebody should look at."""
        return self._text("ALERTS_TOPIC")

    @cached_property
    def clamd_command(self) -> str:
        """The command that starts clamd."""
        return self.environment.get("CLAMD_COMMAND", "clamd")

    @cached_property
    def memory_bytes(self) -> int:
        """The function's memory, as Lambda says it: MemorySize in template.yaml."""
        return self._number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 2_048) << 20

    @cached_property
    def max_receive_count(self) -> int:
        """How often a queue delivers a message before it goes to the DLQ."""
        return self._number("MAX_RECEIVE_COUNT", 5)

    @cached_property
    def limits(self) -> Limits:
        """The limits; those that are not set have the defaults of `Limits`."""
        default = Limits()

        def megabytes(name: str, otherwise: int) -> int:
            return self._number(name, otherwise // MEGA) * MEGA

        return Limits(
            image_bytes=megabytes("MAX_IMAGE_MEGABYTES", default.image_bytes),
            document_bytes=megabytes("MAX_DOCUMENT_MEGABYTES", default.document_bytes),
            office_bytes=megabytes("MAX_OFFICE_MEGABYTES", default.office_bytes),
            any_bytes=megabytes("MAX_MEGABYTES", default.any_bytes),
            pixels=megabytes("MAX_MEGAPIXELS", default.pixels),
            frames=self._number("MAX_FRAMES", default.frames),
            pages=self._number("MAX_PAGES", default.pages),
            text_bytes=megabytes("MAX_TEXT_MEGABYTES", default.text_bytes),
            memory_bytes=self.memory_bytes,
            sound_seconds=self._number("MAX_SOUND_MINUTES", default.sound_seconds // 60) * 60,
        )

    def _text(self, name: str) -> str:
        value = self.environment.get(name, "")
        if not value:
            raise BadSetting(f"The environment variable {name} is not set: see template.yaml.")
        return value

    def _word(self, name: str, *known: str) -> str:
        """One of the known words, the first where nothing is said."""

        def parse(word: str) -> str:
            if word not in known:
                raise ValueError(f"it is none of {', '.join(known)}")
            return word

        return self._parsed(name, parse) if self._given(name) else known[0]

    def _given(self, name: str) -> bool:
        return bool(self.environment.get(name))

    def _number(self, name: str, otherwise: int) -> int:
        return self._parsed(name, int) if name in self.environment else otherwise

    def _parsed(self, name: str, parse: Callable[[str], T]) -> T:
        text = self._text(name)
        try:
            return parse(text)
        except ValueError as error:
            raise BadSetting(f"{name}={text!r}: {error}") from error
