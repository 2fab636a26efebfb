"""Files for readers: a redirect to a link that works without credentials, for a while."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mediamill.api.call import Answer, Call
from mediamill.api.links import Links, link, redirect_headers
from mediamill.api.manifests import is_private, manifest_of, missing, rows_of, standing
from mediamill.api.problem import Forbidden, NotAcceptable, NotFound
from mediamill.aws.table import AssetsTable
from mediamill.domain.derivative import Derivative
from mediamill.domain.picking import Accept, best, pick

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Deliver:
    """Where files are delivered from."""

    table: AssetsTable
    uploads: str
    links: Links

    def derivative(self, call: Call) -> Answer:
        """One derivative by its name, the `original`, or the `manifest`."""
        name, key = call.path["derivative"], call.key
        if not _NAME.fullmatch(name):
            raise NotFound(f"No derivative is called {name!r}.", code="no_such_derivative")
        if is_private(name, call.caller):
            raise Forbidden("Only callers with credentials may have this.", code="private")
        if name == "original":
            return self._original(call)
        rows = self._rows(call)
        if name == "manifest":
            return _redirect(call, self.links.manifest(key, is_saved=call.query.download))
        named = [row for row in rows if row.name == name and row.page in (None, call.query.page)]
        if not named:
            raise NotFound(f"{key!r} has no such {name}.", code="no_such_derivative")
        if call.query.format is not None:
            named = [row for row in named if row.format == call.query.format]
            chosen = named[0] if named else None
        else:
            chosen = best(named, _accept(call))
        if chosen is None:
            raise _not_acceptable(f"{name} of {key!r}")
        url = self.links.derivative(chosen, is_saved=call.query.download)
        return _redirect(call, url, vary="Accept")

    def picture(self, call: Call) -> Answer:
        """The rendition that suits a screen best."""
        pixels = round(call.query.w * call.query.dpr)
        rows = [row for row in self._rows(call) if row.content_type.startswith("image/")]
        if not rows:
            raise NotFound(f"{call.key!r} has no pictures.", code="no_picture")
        chosen = pick(rows, _accept(call), pixels)
        if chosen is None:
            raise _not_acceptable(f"picture of {call.key!r}")
        return _redirect(call, self.links.derivative(chosen), vary="Accept")

    def _rows(self, call: Call) -> Sequence[Derivative]:
        manifest = manifest_of(self.links.results, call.key)
        if manifest is None:
            raise missing(self.table, call.key)
        return rows_of(manifest, call.caller)

    def _original(self, call: Call) -> Answer:
        standing(self.table, call.key)
        saved = call.key if call.query.download else None
        return _redirect(call, link(self.uploads, call.key, save_as=saved))


def _redirect(call: Call, url: str, vary: str = "") -> Answer:
    public = not call.caller.is_known
    return Answer(status=302, headers=redirect_headers(url, public=public, vary=vary))


def _accept(call: Call) -> Accept:
    return Accept.parse(call.headers.get("accept", ""))


def _not_acceptable(what: str) -> NotAcceptable:
    return NotAcceptable(f"There is no {what} in a format that you take.")
