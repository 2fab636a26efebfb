"""Ingest: an S3 event in; the file recognised, the asset opened, the workers told."""

from mediamill.aws.intake import Intake
from mediamill.aws.observe import queue_handler
from mediamill.settings import Settings

settings = Settings.from_env()

lambda_handler = queue_handler(Intake(settings).handle, settings.own_queue)
