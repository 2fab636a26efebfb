"""The whole stack on this machine: started, built, deployed and stopped as one thing."""

from mediamill_cli.local.stack import LocalStack

__all__ = ["LocalStack"]
