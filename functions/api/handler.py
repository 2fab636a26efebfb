"""API: an HTTP call in, its answer out; what it can be asked is one table of operations."""

from mediamill.api.app import handler
from mediamill.api.operations import operations
from mediamill.settings import Settings

settings = Settings.from_env()

lambda_handler = handler(operations(settings), settings.api_prefix)
