"""Runs small programs in fresh processes that see nothing but the folders they are given."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CHILDREN = Path(__file__).parent / "children"
REGION = "cn-north-1"
# As on Lambda: no user's settings, credentials that are only there to sign with.
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PATH": os.defpath,
}


class ChildFailedError(Exception):
    """The program did not end well; what it said last is the text."""


def command(program: str, *arguments: str) -> list[str]:
    """A program of `children/`: without site-packages, and without writing byte-code, as Lambda runs it."""
    return [os.path.realpath(sys.executable), "-S", "-B", str(CHILDREN / f"{program}.py"), *arguments]


def environment(path: Iterable[Path], environ: Mapping[str, str]) -> dict[str, str]:
    return {**ENVIRONMENT, **environ, "PYTHONPATH": os.pathsep.join(str(folder) for folder in path)}


def run(program: str, *arguments: str, path: Iterable[Path], environ: Mapping[str, str]) -> Any:
    """What a program prints as its last line, in JSON. Raises ChildFailedError."""
    done = subprocess.run(
        command(program, *arguments),
        env=environment(path, environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ChildFailedError(f"{program} {' '.join(arguments)}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
