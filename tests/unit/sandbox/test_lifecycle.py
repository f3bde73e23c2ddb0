"""A program of the sandbox ends by the signals that people send it, and outlives a terminal under nohup."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
from rich.console import Console

from sandbox.cloud.ministack import SandboxError
from sandbox.lifecycle import run
from tests.support.template import ROOT

WAITING = """
import time
from sandbox.lifecycle import leave_properly
leave_properly()
try:
    print("ready", flush=True)
    while True:
        time.sleep(0.05)
finally:
    print("left", flush=True)
"""
# What a shell passes on: `nohup` ignores SIGHUP, a script's background job starts with SIGINT ignored.
IGNORING = "trap '' {}; exec \"$@\""


@pytest.mark.parametrize("ignored", ["HUP", "INT"])
@pytest.mark.parametrize(
    ("sign", "status"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, -signal.SIGINT)]
)
def test_ctrl_c_and_sigterm_end_it_whatever_was_ignored_at_its_start(
    ignored: str, sign: signal.Signals, status: int
) -> None:
    assert ended_by(sign, ignored=ignored) == (status, "left\n")


def test_a_closed_terminal_ends_it() -> None:
    assert ended_by(signal.SIGHUP, ignored="INT") == (128 + signal.SIGHUP, "left\n")


def test_under_nohup_it_outlives_its_terminal() -> None:
    assert ended_by(signal.SIGHUP, signal.SIGTERM, ignored="HUP") == (128 + signal.SIGTERM, "left\n")


def ended_by(*signs: signal.Signals, ignored: str) -> tuple[int, str]:
    """Exit status, and what a program said in the end that was started with a signal ignored."""
    command = ["/bin/sh", "-c", IGNORING.format(ignored), "sh", sys.executable, "-c", WAITING]
    pipe = subprocess.PIPE
    started = partial(subprocess.Popen, preexec_fn=_ignoring_nothing)
    with started(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        for sign in signs:
            process.send_signal(sign)
        said, _ = process.communicate(timeout=30)
    return process.returncode, said


def _ignoring_nothing() -> None:
    # The tests themselves may run under nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def signals() -> Iterator[None]:
    """The process has the handlers afterwards that it had before."""
    had = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for sign, handler in had.items():
        signal.signal(sign, handler)


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [(None, 0, ""), (SandboxError("no [port]"), 1, "✗ no [port]\n"), (KeyboardInterrupt(), 130, "stopped\n")],
)
@pytest.mark.usefixtures("signals")
def test_an_error_of_the_sandbox_is_said_and_is_a_status_of_1(
    capsys: pytest.CaptureFixture[str], raised: BaseException | None, status: int, said: str
) -> None:
    def command(_: Console) -> int:
        if raised:
            raise raised
        return 0

    assert (run(command), capsys.readouterr().out) == (status, said)
