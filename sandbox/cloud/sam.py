"""The SAM command line, run as a user runs it; `sam build` only when what goes into it has changed."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from fcntl import LOCK_EX, flock
from pathlib import Path

from sandbox.cloud.ministack import ROOT, STATE, SandboxError

BUILT = ROOT / ".aws-sam" / "build"


def build(log: Path, folder: Path = ROOT) -> bool:
    """Build a checkout's bundle if it is not built yet; whether that was needed. Raises SandboxError.

    Several at once wait for one another.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / "build.lock").open("w") as waiting:
        flock(waiting, LOCK_EX)
        # Every `sam build` empties the folder first, so a stamp in it vouches for what lies beside it.
        stamp, lock = folder / ".aws-sam" / "build" / ".stamp", folder / "requirements" / "layer.txt"
        wanted = [_digest(_sources(folder), folder), _digest([lock], folder)]
        have = stamp.read_text("utf-8").split() if stamp.exists() else []
        if have == wanted:
            return False
        # SAM's own cache of the layer looks at layers/ only, not at the lock file beside it.
        sam("build", "--cached" if have[1:] == wanted[1:] else "--no-cached", log=log, folder=folder)
        stamp.write_text(" ".join(wanted), "utf-8")
        return True


def _sources(checkout: Path) -> Iterator[Path]:
    yield checkout / "template.yaml"
    for folder in ("functions", "layers"):
        for path in sorted((checkout / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(paths: Iterable[Path], checkout: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(checkout)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


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
