"""The command `headrace`, before anything of the library is loaded, so that Ctrl-C ends it quietly from the first moment."""

from __future__ import annotations

import sys
from typing import NoReturn

_INTERRUPTED = 130


def main() -> NoReturn:
    """The entry point of the command. Loading the library takes longer than pressing Ctrl-C after a slip of the pen."""
    try:
        from headrace.cli.main import main as run  # noqa: PLC0415 - this is what takes the time
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)
    run()
