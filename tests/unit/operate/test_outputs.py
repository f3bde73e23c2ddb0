"""A command says what it has to say, or that it cannot; a shell gets a status for either."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from operate.progress import bar
from tests.support.command_line import ran
from tests.support.template import ROOT

FULL = Path("/dev/full")
# A relay in whose dead-letter queue a letter waits, and an event that was replayed.
PROGRAM = """
from operate.cli import run
from relay.api.gateway import Change, ChangeAnswer, ChangeCounts, ChangedTag
from relay.api.recovery import ReplayAnswer, ReplayCounts
from tests.support.relay_stub import LETTERS, RelayStub, depth
stub = RelayStub()
stub.queues[LETTERS] = depth(1)
changed = ChangedTag(event_tag="人事|b", slug="x-5Lq65LqLfGI", change="unchanged")
for action in ("register", "unregister"):
    answer = {"action": action, "counts": ChangeCounts(), "tags": [changed]}
    stub.gateway[action] = ChangeAnswer.model_validate(answer)
replayed = {"action": "replay", "dryRun": False, "topics": {}, "cursor": None, "notFound": [], "left": []}
if "replay" in __import__("sys").argv:
    counts = ReplayCounts(matched=1, replayed=1, gone=0)
    stub.recovery = ReplayAnswer.model_validate({**replayed, "counts": counts, "stopped": ""})
run(stub.stack)
"""
SAYING = {
    "status": ["status"],
    "status --json": ["status", "--json"],
    "failed": ["failed"],
    "register": ["register"],
    "register --json": ["register", "--json"],
    "unregister": ["unregister", "--yes"],
    "replay": ["replay", "--all"],
}
HELP = [["--help"], ["status", "--help"], ["--version"]]


def command(*words: str) -> list[str]:
    stack = ["--stack", "mozi-relay"] if "--help" not in words and "--version" not in words else []
    return [sys.executable, "-c", PROGRAM, *words, *stack]


def environ(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), **more}


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that takes nothing")
@pytest.mark.parametrize("words", [*SAYING.values(), *HELP], ids=" ".join)
def test_an_output_that_takes_nothing_is_said_in_one_line(words: list[str]) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            command(*words), cwd=ROOT, env=environ(), stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert ended.returncode == 74
    assert ended.stderr.splitlines() == [
        "Error: the output cannot be written: No space left on device. What was done stays done."
    ]


@pytest.mark.skipif(not FULL.exists(), reason="there is no device that takes nothing")
def test_where_nothing_can_be_said_at_all_the_status_says_so() -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(command("status"), cwd=ROOT, env=environ(), stdout=full, stderr=full)

    assert ended.returncode == 74


@pytest.mark.parametrize("words", [*SAYING.values(), ["--help"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_finding(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            command(*words), cwd=ROOT, env=environ(), stdout=writing, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("words", [["status"], ["unregister"], ["replay", "--all"]], ids=" ".join)
def test_nobody_has_to_be_there(words: list[str]) -> None:
    ended = subprocess.run(
        command(*words), cwd=ROOT, env=environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )

    asks = words == ["unregister"]
    assert (ended.returncode, "--yes" in ended.stderr) == ({"status": 1}.get(words[0], 2 * asks), asks)


def test_a_terminal_without_the_characters_gets_escapes() -> None:
    ascii_only = environ(PYTHONIOENCODING="ascii")
    ended = subprocess.run(command("register"), cwd=ROOT, env=ascii_only, capture_output=True)

    assert (ended.returncode, rb"\u4eba\u4e8b|b" in ended.stdout, ended.stderr) == (0, True, b"")


def test_a_bar_on_such_a_terminal_is_drawn_in_its_characters() -> None:
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="ascii", errors="backslashreplace")
    with bar("counting", 2, Console(file=terminal, force_terminal=True)) as show_done:
        show_done(1)
    terminal.flush()

    assert b"counting" in written.getvalue()
    assert rb"\u" not in written.getvalue()


def test_the_program_says_its_version() -> None:
    said = ran("--version")

    assert (said.status, said.stdout.split()[0]) == (0, "mozi-relay")
