"""The program: what the installed command and ``python -m supplygraph`` run."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

STOPPED = 130  # as a shell counts what Ctrl-C ended
_asked: list[int] = []  # signals that asked to stop


def main() -> NoReturn:
    """Run the program; Ctrl-C ends it with 130 and no traceback, also while it is loading."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        from supplygraph.cli.app import main as run

        run()
    except SystemExit:
        raise
    except BaseException:  # within a class that is being made Python turns it into another error
        if not _asked:
            raise
        _ignore_more()
        sys.stderr.write("stopped.\n")
        sys.stderr.flush()
        # All is cleaned up. An interpreter that was stopped within an import may end otherwise: it
        # then kills itself by the signal.
        os._exit(STOPPED)
    finally:
        _ignore_more()


def _stop(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt


def _ignore_more() -> None:
    """Ignore Ctrl-C in the moment in which the interpreter ends: it would print a traceback."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
