"""`mozi-relay` starts where it is installed, and says what to do where it is not."""

import subprocess
import sys
import tomllib

import pytest

from operate.options import program
from tests.support.template import ROOT


def test_the_program_is_the_one_that_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["scripts"] == {"mozi-relay": "operate.__main__:main"}


def test_outside_its_environment_it_says_what_to_do() -> None:
    # -S: without the packages that are installed.
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "operate", "status"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "make setup" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("/elsewhere/.venv/bin/mozi-relay", "/elsewhere/.venv/bin/mozi-relay"),
        (".venv/bin/mozi-relay", ".venv/bin/mozi-relay"),
        ("/x/pytest", "mozi-relay"),
    ],
)
def test_a_hint_names_the_program_as_it_can_be_called(
    monkeypatch: pytest.MonkeyPatch, called: str, shown: str
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [called])

    assert program() == shown
