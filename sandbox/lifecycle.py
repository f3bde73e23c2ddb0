"""How a command of this machine runs: one of its kind, each part announced, and ended as an error ends it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

from sandbox.cloud.ministack import STATE, SandboxError


def run(command: Callable[[Console], int]) -> int:
    """Run a command with the console that it writes to, and return its exit status."""
    leave_properly()
    console = Console(highlight=False)
    try:
        return command(console)
    except SandboxError as error:
        console.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130


def leave_properly() -> None:
    """Have Ctrl-C, SIGTERM and SIGHUP end the program as an error does; under nohup SIGHUP stays ignored."""
    # A script's background job starts with SIGINT ignored: the script's Ctrl-C has to end what it started.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _leave)


def _leave(sign: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + sign)


@contextmanager
def part(console: Console, title: str) -> Iterator[None]:
    """Show `title` as being done for as long as the block lasts, and then how long that was."""
    begun = time.monotonic()
    if console.is_terminal:
        with console.status(title):
            yield
    else:
        console.print(f"… {title}", soft_wrap=True)
        yield
    console.print(f"[green]✓[/] {title} [dim]({time.monotonic() - begun:.1f} s)[/]", soft_wrap=True)


@contextmanager
def only_one(name: str, folder: Path = STATE) -> Iterator[None]:
    """Let one process of a kind run in a checkout, before it touches anything. Raises SandboxError."""
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
