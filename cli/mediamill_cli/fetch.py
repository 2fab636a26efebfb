"""Getting results: an asset's manifest with all its derivatives, or one object by its key."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from botocore.exceptions import ClientError

from mediamill.domain.keys import manifest_key
from mediamill.domain.kind import Status
from mediamill_cli.assets import manifests, records
from mediamill_cli.errors import Failure
from mediamill_cli.stack import Stack

_AT_ONCE = 8
_NAME_BYTES = 255  # of one name in a folder, on every usual file system
_PRESIGNED_SECONDS = 3600


def result_keys(stack: Stack, key: str) -> Sequence[str]:
    """The result keys that `key` means: an asset's manifest and derivatives, or itself.

    Raises Failure if it is neither an asset that has results nor a result.
    """
    record = records(stack, [key]).get(key)
    if record is None or record.status is Status.DELETED:
        if _exists(stack, key):
            return [key]
        raise Failure(
            f"There is no asset and no result named {key!r} in the stack {stack.name}.",
            do="See the assets with `mediamill ls`, and an asset's results with "
            "`mediamill status KEY`.",
        )
    if record.status is Status.PROCESSING:
        raise Failure(
            f"{key} is still being processed, and has no manifest yet.",
            do=f"Wait for it with `mediamill status --wait {shlex.quote(key)}`, then get it.",
        )
    manifest = manifests(stack, [record]).get(key)
    if manifest is None:
        raise Failure(
            f"{key} has no manifest: it is {record.status.value}.",
            do=f"See why with `mediamill status {shlex.quote(key)}`.",
        )
    return [manifest_key(key), *(row["key"] for row in manifest["derivatives"])]


def fetch(stack: Stack, keys: Sequence[str], folder: Path) -> Sequence[Path]:
    """Download results below `folder`, each at the path that its key is; where they are now."""
    bucket = stack.results

    def one(key: str) -> Path:
        path = local_path(folder, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(hashlib.sha256(key.encode()).hexdigest()[:16] + ".part")
        try:
            stack.s3.download_file(bucket, key, str(partial))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return path

    try:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch") as pool:
            return list(pool.map(one, keys))
    except OSError as error:
        raise Failure(
            f"{folder} cannot be written to: {error}",
            do="Choose another folder with --output.",
        ) from error


def local_path(folder: Path, key: str) -> Path:
    """The path of a key below `folder`: the same, but never outside of it.

    What a file system cannot hold (`..`, `.`, an empty or a very long name, a backslash, control
    characters) is percent-encoded, or shortened and given a digest.
    """
    return folder.joinpath(*(_name(part) for part in key.split("/")))


def _name(part: str) -> str:
    if part in ("", ".", ".."):
        return "%" + "%".join(f"{byte:02X}" for byte in part.encode()) if part else "%"
    name = "".join(
        quote(each, safe="") if each == "\\" or not each.isprintable() else each for each in part
    )
    encoded = name.encode()
    if len(encoded) <= _NAME_BYTES:
        return name
    digest = hashlib.sha256(part.encode()).hexdigest()[:16]
    suffix = Path(name).suffix[:16]
    room = _NAME_BYTES - len(digest) - len(suffix.encode()) - 1
    return f"{encoded[:room].decode(errors='ignore')}-{digest}{suffix}"


def link(stack: Stack, bucket: str, key: str) -> str:
    """A link to an object that works for an hour, for whoever has it.

    Raises Failure where browsers would ask for another one: they take `..` for the folder above.
    """
    if {".", ".."} & set(key.split("/")):
        raise Failure(
            f"No browser can be sent to {key!r}: it would take the dots for folders.",
            do=f"Download it with `mediamill get {shlex.quote(key)}`.",
        )
    return stack.s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=_PRESIGNED_SECONDS
    )


def _exists(stack: Stack, key: str) -> bool:
    try:
        stack.s3.head_object(Bucket=stack.results, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True
