"""Ctrl-C as in the foreground, for tests that interrupt themselves, whatever the tests were started by."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt in here, and ends what is started in here.

    A shell starts its background jobs with SIGINT ignored, and what is ignored is passed on to every child.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
