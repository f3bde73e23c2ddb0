"""An exit status asks for the same in every command that does something; Ctrl-C shows no traceback."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from operate.cli import cli
from operate.errors import NothingDoneError, OperatorError, UnfinishedError
from tests.support.command_line import ran
from tests.support.template import ROOT

# What can be called without AWS's having been asked.
DOING = {
    "send": ["-"],
    "dead-letters": [],
    "redrive": ["--all"],
    "replay": ["--all"],
    "register": [],
    "unregister": ["--yes"],
    "rotate-token": [],
    "failed": [],
}


def test_every_command_is_looked_at() -> None:
    assert set(cli.commands) == {*DOING, "status"}  # status changes nothing: its 1 is a finding.


@pytest.mark.parametrize("name", DOING)
@pytest.mark.parametrize(
    ("fault", "status"),
    [(UnfinishedError("AWS cannot be reached"), 1), (NothingDoneError("No credentials that work"), 2)],
)
def test_1_is_for_calling_again_and_2_for_mending_first(name: str, fault: OperatorError, status: int) -> None:
    def connect(*_: Any) -> Any:
        raise fault

    assert ran(name, "--stack", "relay", *DOING[name], connect=connect).status == status


@pytest.mark.parametrize("name", ["send", "dead-letters", "redrive"])
def test_the_help_says_what_a_status_asks_for(name: str) -> None:
    said = " ".join(ran(name, "--help").stdout.split())

    assert "1 something is left or AWS failed, and calling again is safe; 2 nothing was " in said
    assert "130 interrupted" in said


@pytest.mark.parametrize("at", ["import", "call"])
def test_ctrl_c_in_the_first_moments_ends_quietly(tmp_path: Path, at: str) -> None:
    raising = "raise KeyboardInterrupt\n"
    in_call = f"class session:\n    def Session(*_, **__):\n        {raising}"
    (tmp_path / "boto3.py").write_text(raising if at == "import" else in_call)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    words = [sys.executable, "-m", "operate", "dead-letters", "--stack", "relay"]
    ended = subprocess.run(
        words, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (130, "")
    assert "Traceback" not in ended.stderr
