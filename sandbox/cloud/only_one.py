"""Lets one process of a kind run in a checkout; a second is refused before it touches anything."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from sandbox.cloud.ministack import STATE, SandboxError


@contextmanager
def only_one(name: str, folder: Path = STATE) -> Iterator[None]:
    """Hold a kind of run for as long as the block lasts, or the process. Raises SandboxError."""
    folder.mkdir(exist_ok=True)
    # Opened for appending: what another holder wrote stays.
    with (folder / f"{name}.lock").open("a+", encoding="utf-8") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            runs = f"`{name}` runs in this checkout already (process {lock.read().strip() or 'unknown'})"
            raise SandboxError(f"{runs}: use that one, or end it with Ctrl-C") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
