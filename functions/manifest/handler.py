"""Manifest: a settled asset in; its manifest written, and told to the `completed` topic."""

from mediamill.aws.finish import Finish
from mediamill.aws.observe import queue_handler
from mediamill.settings import Settings

settings = Settings.from_env()

lambda_handler = queue_handler(Finish(settings).handle, settings.own_queue)
