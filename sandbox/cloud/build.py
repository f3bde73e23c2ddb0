"""`sam build`, left out when nothing that goes into it has changed."""

import hashlib
from collections.abc import Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path

from sandbox.cloud.ministack import ROOT, STATE
from sandbox.cloud.sam import sam

BUILT = ROOT / ".aws-sam" / "build"


def build(log: Path, folder: Path = ROOT) -> bool:
    """Build a checkout's bundle if it is not built yet; whether that was needed. Raises SandboxError.

    Several at once wait for one another.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / "build.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        return _build(log, folder)


def _build(log: Path, folder: Path) -> bool:
    # Every `sam build` empties the folder first, so a stamp in it vouches for what lies beside it.
    stamp, lock = folder / ".aws-sam" / "build" / ".stamp", folder / "requirements" / "layer.txt"
    wanted = f"{_digest(_sources(folder), folder)} {_digest([lock], folder)}"
    have = stamp.read_text("utf-8") if stamp.exists() else ""
    if have == wanted:
        return False
    # SAM's own cache of the layer looks at layers/ only, not at the lock file beside it.
    cached = have.split()[1:] == wanted.split()[1:]
    sam("build", "--cached" if cached else "--no-cached", log=log, folder=folder)
    stamp.write_text(wanted, "utf-8")
    return True


def _sources(checkout: Path) -> Iterator[Path]:
    yield checkout / "template.yaml"
    for folder in ("functions", "layers"):
        for path in sorted((checkout / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(paths: Iterator[Path] | list[Path], checkout: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(checkout)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
