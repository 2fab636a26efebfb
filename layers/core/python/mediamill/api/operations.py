"""The table of operations: whatever the API can be asked, and who answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediamill.api import models, problem
from mediamill.api.again import Again
from mediamill.api.assets import Assets
from mediamill.api.browse import Browse
from mediamill.api.call import Answer, Call
from mediamill.api.content import Content
from mediamill.api.deliver import Deliver
from mediamill.api.events import Events
from mediamill.api.links import Links
from mediamill.api.openapi import document
from mediamill.api.operation import Operation
from mediamill.api.uploads import Uploads
from mediamill.aws.table import AssetsTable
from mediamill.settings import Settings

_ACCEPT = {"Accept": "The formats that the caller takes."}
_VIEWER = {
    "CloudFront-Viewer-Country-Name": "Where CloudFront takes the viewer to be.",
    "CloudFront-Viewer-City": "The same, nearer.",
}


def operations(settings: Settings) -> Sequence[Operation]:
    """Every operation of a deployment."""
    table = AssetsTable(settings.assets_table)
    browse = Browse(settings.uploads_bucket, settings.assets_table)
    links = Links.of(settings)
    assets = Assets(browse, table, settings.uploads_bucket, links)
    deliver = Deliver(table, settings.uploads_bucket, links)

    uploads = Uploads(settings)
    again = Again(settings)

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
            "listEvents",
            "GET",
            "/events",
            "Whose status changed since, the oldest first; waits for it where none has.",
            Events(settings.assets_table).list,
            query=models.EventsQuery,
            answers={200: ("What changed.", models.Events)},
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
            "getContent",
            "GET",
            "/content/{path}",
            "The file of a path for a region, or for the next wider one that has it.",
            Content(settings).get,
            query=models.ContentQuery,
            answers={302: ("It is there.", None)},
            problems=(problem.NotFound,),
            takes_headers=_VIEWER,
        ),
        Operation(
            "deleteAsset",
            "DELETE",
            "/assets/{key}",
            "Delete an original; what was made of it goes within seconds.",
            uploads.delete,
            answers={202: ("The original is gone.", models.Key)},
            problems=(problem.NotFound,),
        ),
        Operation(
            "restoreAsset",
            "POST",
            "/assets/{key}/restore",
            "Bring an original back that was deleted, within 30 days.",
            again.restore,
            answers={202: ("The original is back; it is processed anew.", models.Key)},
            problems=(problem.NotFound, problem.Conflict),
        ),
        Operation(
            "reprocessAsset",
            "POST",
            "/assets/{key}/reprocess",
            "Process an asset again, with the parameters and the version deployed now.",
            again.reprocess,
            answers={202: ("It is being processed.", models.Begun)},
            problems=(problem.NotFound, problem.Conflict),
        ),
        Operation(
            "beginUpload",
            "POST",
            "/uploads",
            "Begin an upload: a link that takes this very file, or a multipart upload.",
            uploads.begin,
            body=models.Upload,
            answers={201: ("Where the file goes.", models.Uploading)},
            problems=(problem.Conflict, problem.TooLarge),
        ),
        Operation(
            "abortUpload",
            "DELETE",
            "/uploads",
            "Give a multipart upload up.",
            uploads.abort,
            query=models.UploadQuery,
            answers={204: ("It is gone.", None)},
            problems=(problem.NotFound,),
        ),
        Operation(
            "listParts",
            "GET",
            "/uploads/parts",
            "The parts of a multipart upload that are there, to go on with the others.",
            uploads.parts,
            query=models.UploadQuery,
            answers={200: ("The parts.", models.Parts)},
            problems=(problem.NotFound,),
        ),
        Operation(
            "linkParts",
            "POST",
            "/uploads/parts",
            "Links for parts of a multipart upload.",
            uploads.links,
            body=models.PartNumbers,
            answers={200: ("Where the parts go.", models.PartLinks)},
        ),
        Operation(
            "completeUpload",
            "POST",
            "/uploads/complete",
            "Put the parts of a multipart upload together.",
            uploads.complete,
            body=models.Completion,
            answers={201: ("The file is there.", models.Key)},
            problems=(problem.NotFound, problem.Conflict),
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
