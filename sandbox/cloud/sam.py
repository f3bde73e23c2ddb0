"""The SAM command line, run as a user runs it, with its output in a log file."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.cloud.ministack import ROOT, STATE, SandboxError


def environment() -> dict[str, str]:
    """Our own environment, with the sam command and the python3.13 that lie beside our interpreter."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0", "PYTHONWARNINGS": "ignore"}


def sam(*arguments: str, log: Path, environ: Mapping[str, str] | None = None, folder: Path = ROOT) -> None:
    """Run `sam` in a checkout's folder. Raises SandboxError with the end of its output."""
    STATE.mkdir(exist_ok=True)
    # SAM and pip leave their temporary files behind when they are interrupted.
    with log.open("ab") as output, tempfile.TemporaryDirectory(prefix="sam-", dir=STATE) as temporary:
        started = output.tell()
        given = environment() | {"TMPDIR": temporary} | dict(environ or {})
        code = _run(["sam", *arguments], given, output.fileno(), folder)
    if code:
        tail = _end_of(log.read_bytes()[started:].decode("utf-8", "replace"))
        raise SandboxError(f"sam {arguments[0]} failed ({code}); the whole output is in {log}:\n{tail}")


def _end_of(output: str) -> str:
    """The last lines; of one that counted upwards only what it ended with."""
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in output.split("\n")]
    return "\n".join([line for line in lines if line.strip()][-12:])


def _run(command: list[str], environ: Mapping[str, str], output: int, folder: Path) -> int:
    """Run to the end; if we are interrupted, what the command started ends too."""
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise SandboxError(f"{command[0]} is not installed beside {sys.executable}") from None
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
