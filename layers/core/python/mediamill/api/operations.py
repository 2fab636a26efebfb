"""The table of operations: whatever the API can be asked, and who answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediamill.api import models, problem
from mediamill.api.assets import Assets
from mediamill.api.browse import Browse
from mediamill.api.call import Answer, Call
from mediamill.api.deliver import Deliver
from mediamill.api.openapi import document
from mediamill.api.operation import Operation
from mediamill.aws.table import AssetsTable
from mediamill.settings import Settings

_ACCEPT = {"Accept": "The formats that the caller takes."}


def operations(settings: Settings) -> Sequence[Operation]:
    """Every operation of a deployment."""
    table = AssetsTable(settings.assets_table)
    browse = Browse(settings.uploads_bucket, settings.assets_table)
    assets = Assets(browse, table, settings.uploads_bucket, settings.results_bucket)
    deliver = Deliver(table, settings.uploads_bucket, settings.results_bucket)

    def published(_: Call) -> Answer:
        return Answer(document(made), headers={"Cache-Control": "max-age=3600"})

    made = (
        Operation(
            "listAssets",
            "GET",
            "/assets",
            "The assets, the newest first; with a prefix, those below it, by name.",
            assets.list,
            query=models.ListQuery,
            answers={200: ("A page of the list.", models.Assets)},
        ),
        Operation(
            "getAsset",
            "GET",
            "/assets/{key}",
            "All that is known of an asset, with links to everything made of it.",
            assets.get,
            answers={
                200: ("The asset.", models.Asset),
                304: ("The caller has what stands.", None),
            },
            problems=(problem.NotFound,),
            takes_headers={"If-None-Match": "The ETag of what the caller has."},
        ),
        Operation(
            "deliver",
            "GET",
            "/deliver/{derivative}/{key}",
            "One derivative, the `original` or `manifest`, by a link that needs no credentials.",
            deliver.derivative,
            query=models.DeliverQuery,
            answers={302: ("It is there.", None)},
            problems=(problem.NotFound, problem.NotAcceptable),
            takes_headers=_ACCEPT,
        ),
        Operation(
            "picture",
            "GET",
            "/picture/{key}",
            "The stored picture that suits a screen best, by a link that needs no credentials.",
            deliver.picture,
            query=models.PictureQuery,
            answers={302: ("It is there.", None)},
            problems=(problem.NotFound, problem.NotAcceptable),
            takes_headers=_ACCEPT,
        ),
        Operation(
            "getOpenApi",
            "GET",
            "/openapi.json",
            "This document.",
            published,
            answers={200: ("The OpenAPI document.", dict[str, Any])},
        ),
    )
    return made
