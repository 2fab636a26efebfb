"""Errors that answer one question: would trying again help?

    Unprocessable            no: record the step as failed with `code`, and acknowledge
    ├── TooLarge             too_large            more bytes than the limit of its kind
    ├── TooManyPixels        too_many_pixels      more pixels, frames or a longer side than allowed
    ├── Broken               broken_image / broken_document / broken_file …   no decoder can read it
    ├── Unsupported          unsupported          a format that is known and not decoded
    ├── PasswordRequired     password_required    encrypted with a password that we do not have
    ├── TimedOut             timed_out            the step took more than its share of wall clock
    ├── Unavailable          unavailable          this deployment has no worker for it
    ├── Refusal              refused              a gate lets nothing of this original through
    ├── KeyTooLong           key_too_long         no derivative's name can be made of this key
    └── KeyUnusable          key_unusable         it has characters that S3 cannot name

Anything else is raised as it is: the queue tries again, and the last try records
`retries_exhausted`.
"""

from __future__ import annotations


class Unprocessable(Exception):
    """This original can never be processed, however often it is tried.

    `code` is stable and part of the manifest's contract; `str(error)` is one sentence that a
    person understands.
    """

    code = "unprocessable"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class TooLarge(Unprocessable):
    """The original has more bytes than its kind may have."""

    code = "too_large"


class TooManyPixels(Unprocessable):
    """The header announces more pixels, frames or a longer side than the limits allow."""

    code = "too_many_pixels"


class Broken(Unprocessable):
    """No decoder can read the bytes; `code` says of what: `broken_image`, `broken_document` …"""

    code = "broken_file"


class Unsupported(Unprocessable):
    """A format that is recognised and deliberately not decoded."""

    code = "unsupported"


class PasswordRequired(Unprocessable):
    """The original is encrypted with a password."""

    code = "password_required"


class TimedOut(Unprocessable):
    """The step used up its share of the function's time."""

    code = "timed_out"


class Unavailable(Unprocessable):
    """This deployment has no worker for the step."""

    code = "unavailable"


class KeyTooLong(Unprocessable):
    """The key leaves no room for the names of its derivatives."""

    code = "key_too_long"


class KeyUnusable(Unprocessable):
    """The key has characters that S3's own answers cannot carry."""

    code = "key_unusable"


class Refusal(Unprocessable):
    """A gate refuses the original: the asset is `rejected`, and nothing is made of it.

    `code` says why: `infected` …
    """

    code = "refused"
