"""How a command of this machine ends before its time: everything that it started is stopped."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def leave_properly() -> None:
    """Have Ctrl-C, SIGTERM and SIGHUP end the program as an error does; under nohup SIGHUP stays ignored."""
    # A script's background job starts with SIGINT ignored: the script's Ctrl-C has to end what it started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _leave)


def _leave(sign: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + sign)
