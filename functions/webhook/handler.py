"""Webhook: a finished asset in, a signed POST to every receiver out."""

from mediamill.aws.observe import queue_handler
from mediamill.settings import Settings
from mediamill.webhooks.outbox import Outbox

settings = Settings.from_env()

lambda_handler = queue_handler(Outbox(settings).handle, settings.own_queue)
