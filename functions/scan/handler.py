"""Scan: every original is looked at before anybody else reads it."""

from mediamill.aws.worker import worker
from mediamill.scan.gate import Gate
from mediamill.settings import Settings

settings = Settings.from_env()
lambda_handler = worker("scan", settings, Gate(settings).look)
