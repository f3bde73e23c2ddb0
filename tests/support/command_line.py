"""Runs the operator's command line as a shell does, and keeps what it says."""

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

import pytest

from operate.cli import cli
from operate.options import PROGRAM, Connect
from tests.support.interrupts import interruptible


class Ran(NamedTuple):
    """Exit status, and what was written where."""

    status: object
    stdout: str
    stderr: str


def ran(*words: str, connect: Connect | None = None) -> Ran:
    """`mozi-relay` with these words, connected to AWS or to what `connect` gives.

    Ctrl-C interrupts it, as in the foreground.
    """
    out, err = io.StringIO(), io.StringIO()
    with interruptible(), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        cli.main(words, prog_name=PROGRAM, obj=connect)
    return Ran(ended.value.code, out.getvalue(), err.getvalue())
