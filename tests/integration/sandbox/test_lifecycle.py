"""One `up` and one `demo` run in a checkout; a second changes nothing, a killed one blocks none."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cloud.ministack import SandboxError
from sandbox.lifecycle import only_one
from tests.support.template import ROOT

HOLD = """
import sys, time
from pathlib import Path
from sandbox.lifecycle import only_one
with only_one("up", Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def seen(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_second_is_refused_and_touches_nothing_until_the_first_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout
        assert first.stdout.readline() == "held\n"
        (tmp_path / "up-cloud.log").write_text("what the first one logs", "utf-8")
        before = seen(tmp_path)

        with pytest.raises(SandboxError, match=rf"process {first.pid}\)"), only_one("up", tmp_path):
            pass
        after = seen(tmp_path)
        with only_one("demo", tmp_path):
            first.kill()
            first.wait()

    assert after == before
    with only_one("up", tmp_path):
        pass
