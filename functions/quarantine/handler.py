"""Quarantine: hears what was refused; an infected version is taken away, and somebody is told."""

from mediamill.aws.observe import queue_handler
from mediamill.scan.quarantine import Quarantine
from mediamill.settings import Settings

settings = Settings.from_env()
lambda_handler = queue_handler(Quarantine(settings).handle, settings.own_queue)
