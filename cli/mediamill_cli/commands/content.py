"""`mediamill content`: files by region, put and listed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mediamill.domain.content import DEFAULT, is_path, is_region
from mediamill_cli.choice import find_stack
from mediamill_cli.console import err, out, print_json
from mediamill_cli.errors import Usage, explained
from mediamill_cli.options import Json, Profile, Region, StackName, State
from mediamill_cli.render import printable, size
from mediamill_cli.sources import find_sources
from mediamill_cli.stack import Stack

app = typer.Typer(
    help="Files by region, which GET /content/{path} serves.",
    no_args_is_help=True,
    add_completion=False,
)

For = Annotated[
    str | None,
    typer.Option("--for", metavar="REGION", help="As in egypt-cairo; everybody without it."),
]


@app.command()
def put(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files and folders.")],
    for_: For = None,
    prefix: Annotated[str, typer.Option(help="Put in front of every path.")] = "",
    cache: Annotated[
        str, typer.Option(metavar="HEADER", help="Cache-Control of the files.")
    ] = "public, max-age=86400",
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Put files and folders there; their paths become those of the content."""
    with explained(err):
        place = _place(for_)
        sources = find_sources(paths, prefix)
        for source in sources:
            if not is_path(source.key):
                raise Usage(
                    f"{source.key!r} cannot be a path of content.",
                    do="Take letters, digits and ._- only.",
                )
        chosen = find_stack(stack, profile, region, state)
        bucket = _bucket(chosen)
        for source in sources:
            more = {"ContentType": source.content_type, "CacheControl": cache}
            key = f"{place}/{source.key}"
            chosen.s3.upload_file(str(source.path), bucket, key, ExtraArgs=more)
            out.print(printable(key), markup=False, highlight=False, soft_wrap=True)


@app.command()
def ls(
    for_: For = None,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """List what is there, of every region or of one."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        more: Any = {"Prefix": f"{_place(for_)}/"} if for_ else {}
        pages = chosen.s3.get_paginator("list_objects_v2")
        found: list[dict[str, Any]] = [
            {"key": each["Key"], "bytes": each["Size"]}
            for page in pages.paginate(Bucket=_bucket(chosen), **more)
            for each in page.get("Contents", ())
        ]
        if json:
            print_json(found)
            return
        for each in found:
            line = f"{size(each['bytes']):>8}  {printable(each['key'])}"
            out.print(line, markup=False, highlight=False, soft_wrap=True)


def _place(region: str | None) -> str:
    """The folder of a region."""
    if region is None:
        return DEFAULT
    if not is_region(region):
        raise Usage(
            f"{region!r} cannot be a region.",
            do="Write it as egypt, or egypt-cairo, in small letters.",
        )
    return region.replace("-", "/")


def _bucket(stack: Stack) -> str:
    bucket = stack.outputs.get("ContentBucketName")
    if bucket is None:
        raise Usage(
            f"The stack {stack.name} has no content bucket.",
            do="Deploy with ContentBucket=own, or with the name of a bucket of yours.",
        )
    return bucket
