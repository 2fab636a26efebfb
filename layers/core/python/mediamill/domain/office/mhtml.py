"""MHTML, a web page saved as one mail: its page, without the pictures that stand beside it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from mediamill.domain.errors import Broken
from mediamill.domain.office import text


def as_html(original: bytes, *, limit: int) -> tuple[str, bool]:
    """The page as clean HTML; whether it was cut. Raises Broken where there is none."""
    try:
        mail = email.message_from_bytes(original, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("html", "plain"))
        content = body.get_content() if body is not None else None
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Broken("The web archive is damaged.", code="broken_document") from error
    if not isinstance(content, str):
        raise Broken("The web archive has no page.", code="broken_document")
    if body is not None and body.get_content_subtype() == "plain":
        return text.page(f"<pre>{text.clean(content[:limit])}</pre>"), len(content) > limit
    return text.page(text.clean(content[:limit])), len(content) > limit
