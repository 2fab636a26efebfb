"""Manifest: a settled asset in; its manifest written, and told to the `completed` topic."""

from mediamill.aws.finish import Finish
from mediamill.aws.observe import queue_handler
from mediamill.settings import Settings

lambda_handler = queue_handler(Finish(Settings.from_env()).handle)
