"""What has to be so that an application can be run by several workers."""

from __future__ import annotations

import sys

from headrace.config.app_config import AppConfig
from headrace.core.errors import ConfigurationError
from headrace.log.api import Log

_INSTEAD = "write the program into a file and run that, or `headrace run` it; or leave it at workers=1"


def require_sharable(config: AppConfig, log: Log | None, *, in_thread: bool = False) -> None:
    """Does nothing for an application with one worker.

    Args:
        config: The application's.
        log: The log that it was given, if it was.
        in_thread: It is to run beside the program.

    Raises:
        ConfigurationError: Workers cannot be started, or could not do the same as this process.
    """
    if config.workers == 1:
        return
    if log is not None:
        message = f"workers={config.workers}: the log that was given belongs to this process"
        raise ConfigurationError(message, hint="name it by the option data_dir or bootstrap in place of log=...")
    if in_thread:
        message = f"workers={config.workers}: App.start() runs beside the program, and workers would run all of that again"
        raise ConfigurationError(message, hint="use App.run() as the last step of the program; or leave it at workers=1")
    if hasattr(sys, "ps1") or "ipykernel" in sys.modules or len(sys.orig_argv) < 2 or sys.orig_argv[1] == "-":
        message = f"workers={config.workers}: each runs this process's command line again, but a notebook or prompt has none"
        raise ConfigurationError(message, hint=_INSTEAD)
