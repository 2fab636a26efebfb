"""GuardDuty's gate: its verdict on a version, by event or by tag, closes the scan."""

from mediamill.aws.observe import queue_handler
from mediamill.scan.managed import Managed
from mediamill.settings import Settings

settings = Settings.from_env()
lambda_handler = queue_handler(Managed(settings).handle, settings.own_queue)
