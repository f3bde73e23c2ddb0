"""How a command of this machine ends before its time: everything that it started is stopped."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def leave_properly() -> None:
    """Have Ctrl-C, SIGTERM and SIGHUP end the program as an error does."""
    # A shell's background job would otherwise be started with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _leave)


def _leave(sign: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + sign)
