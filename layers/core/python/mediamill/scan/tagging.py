"""What a scan found, as a tag of the version: bucket policies can go by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.observe import logger
from mediamill.aws.ranged import OriginalGone
from mediamill.domain.asset import Asset
from mediamill.domain.scan.verdict import Finding

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import TagTypeDef

NAME = "mediamill:scan"
MOST = 10
"""Tags that a version may have (Amazon S3 User Guide, "Categorizing your storage")."""

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405"}


def tag(asset: Asset, finding: Finding) -> None:
    """Tag exactly this version, and leave its other tags. Raises OriginalGone.

    Where the bucket has no versions nothing is tagged: the tag would be on whatever stands there
    then. A version that has ten other tags has no room, and goes without.
    """
    if asset.version_id is None:
        return
    version = {"Bucket": asset.bucket, "Key": asset.key, "VersionId": asset.version_id}
    s3 = client("s3")
    try:
        tags = s3.get_object_tagging(**version)["TagSet"]  # type: ignore[arg-type]
        wanted: list[TagTypeDef] = [each for each in tags if each["Key"] != NAME]
        if len(wanted) >= MOST:
            logger.warning("not tagged: the version has all the tags that it may have")
            return
        wanted.append({"Key": NAME, "Value": finding.value})
        if wanted != tags:
            s3.put_object_tagging(**version, Tagging={"TagSet": wanted})  # type: ignore[arg-type]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code", "") in _GONE:
            raise OriginalGone(f"{asset.key} is not there any more") from error
        raise
