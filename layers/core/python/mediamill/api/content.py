"""Content by region: a redirect to the nearest file of a name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from mediamill.api.call import Answer, Call
from mediamill.api.links import link, redirect_headers
from mediamill.api.problem import BadRequest, NotFound
from mediamill.aws.clients import client
from mediamill.domain.content import is_path, is_region, keys, region_of
from mediamill.settings import Settings

CLAIMS = ("region", "custom:region")  # Cognito's own attributes begin with `custom:`
COUNTRY, CITY = "cloudfront-viewer-country-name", "cloudfront-viewer-city"
_VARY = "Authorization, CloudFront-Viewer-Country-Name, CloudFront-Viewer-City"
_ABSENT = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True)
class Content:
    """The content bucket, if this deployment has one."""

    settings: Settings

    def get(self, call: Call) -> Answer:
        """The file of a path for the caller's region, or for a wider one."""
        path, bucket = call.path["path"], self.settings.content_bucket
        if not is_path(path):
            raise BadRequest(
                "A path of content has names of letters, digits and ._- between single slashes.",
                code="bad_path",
            )
        if bucket is None:
            raise NotFound("This deployment has no content: see ContentBucket.", code="no_content")
        region = call.query.region or _claimed(call) or _located(call)
        key = next((each for each in keys(path, region) if _is_there(bucket, each)), None)
        if key is None:
            raise NotFound(f"There is no {path!r} for any region.", code="no_such_content")
        vary = "" if call.query.region else _VARY
        url = link(bucket, key)
        public = not call.caller.is_known
        return Answer(status=302, headers=redirect_headers(url, public=public, vary=vary))


def _claimed(call: Call) -> str | None:
    """The region that the caller's token says; a text that is none says nothing."""
    said = (call.caller.claims.get(claim, "") for claim in CLAIMS)
    return next((region for region in said if is_region(region)), None)


def _located(call: Call) -> str | None:
    """Where CloudFront takes the viewer to be."""
    return region_of(*(unquote(call.headers.get(name, "")) for name in (COUNTRY, CITY)))


def _is_there(bucket: str, key: str) -> bool:
    s3 = client("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return False
        raise
    return True
