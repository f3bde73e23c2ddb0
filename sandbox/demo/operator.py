"""The operator's side of the demo: `mozi-relay` as a person calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.cloud.deploy import STACK, Stack
from sandbox.cloud.ministack import ROOT, SandboxError

SECONDS = 180
PROGRAM = Path(sys.executable).with_name("mozi-relay")


def operate(stack: Stack, command: str, *words: str, status: int = 0) -> Any:
    """What a command says about the stack, as JSON. Raises SandboxError unless it ends with `status`."""
    line: list[str | Path] = [PROGRAM, command, "--stack", STACK, "--json", *words]
    environ = os.environ | stack.cloud.environ
    done = subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != status:
        raise SandboxError(f"mozi-relay {command} ended with {done.returncode}: {done.stdout} {done.stderr}")
    return json.loads(done.stdout)
