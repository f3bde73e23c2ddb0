"""`mozi-relay` starts where it is installed, and says what to do where it is not."""

import io
import os
import subprocess
import sys
import tomllib

import pytest

from operate.options import program
from operate.output import write_all_text
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


# What says that it is ASCII click takes for a terminal that nobody set up, and writes UTF-8.
@pytest.mark.parametrize(
    ("encoding", "dots"), [("ascii", b"\xe2\x80\xa6"), ("iso-8859-1", b"\\u2026"), ("gbk", b"\xa1\xad")]
)
@pytest.mark.parametrize("words", [["send", "--help"], ["send", "名\u2028.jsonl", "--stack", "\udcff"]])
def test_what_the_terminals_encoding_cannot_hold_ends_no_command(
    encoding: str, dots: bytes, words: list[str]
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "operate", *words],
        cwd=ROOT,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        timeout=60,
    )

    assert b"Traceback" not in ended.stderr
    assert ended.returncode == (0 if "--help" in words else 2)
    assert (dots in ended.stdout) == ("--help" in words)


@pytest.mark.parametrize("text", ["请假", "\udcff", "😀"])
def test_what_an_encoding_cannot_hold_is_written_as_its_number(text: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="iso-8859-1")
    print("before ", file=stream, end="")
    write_all_text(stream, io.StringIO())
    print(text, file=stream, end="", flush=True)

    assert written.getvalue() == b"before " + text.encode("ascii", "backslashreplace")


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
