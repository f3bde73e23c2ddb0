"""Ctrl-C during the build leaves nothing outside the folder of its state and that of what is built."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.template import ROOT

BUILD = """
import sys
from pathlib import Path
import sandbox.cloud.sam
from sandbox.lifecycle import leave_properly
# Other tests build meanwhile.
sandbox.cloud.sam.STATE = Path(sys.argv[1]) / "state"
leave_properly()
folder = Path(sys.argv[1])
sandbox.cloud.sam.sam("build", "--no-cached", log=folder / "log", folder=folder / "checkout")
"""
SECONDS = 60


def test_what_an_interrupted_build_leaves_is_gone(tmp_path: Path) -> None:
    checkout, outside = tmp_path / "checkout", tmp_path / "outside"
    outside.mkdir()
    for name in ("functions", "layers", "requirements"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copy(ROOT / "template.yaml", checkout)
    state = tmp_path / "state"

    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    environ = os.environ | {"TMPDIR": str(outside)}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE) as build:
        deadline = time.monotonic() + SECONDS
        # SAM works on, and pip for it, once something stands in the folder of its temporary files.
        while not (begun := list(state.glob("sam-*/*"))):
            assert build.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        build.send_signal(signal.SIGINT)
        build.communicate(timeout=SECONDS)

    assert begun
    assert build.returncode
    assert list(state.iterdir()) == []
    assert list(outside.iterdir()) == []
