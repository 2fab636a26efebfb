"""Sweep: on a schedule, what ended among the dead letters and what is overdue, made to say so."""

from mediamill.aws.observe import schedule_handler
from mediamill.aws.sweep import Sweep
from mediamill.settings import Settings

lambda_handler = schedule_handler(Sweep(Settings.from_env()).run)
