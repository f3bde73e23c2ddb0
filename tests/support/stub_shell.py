"""A shell in which a page's commands are typed: every program that they call is a stub, or is not there."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support import stub_command
from tests.support.blocks import Block
from tests.support.template import ROOT, TEMPLATE

# Besides the shell's own; a page that needs more has to say so.
TOOLS = ("cat",)
# Files that `make up` writes for `sam local invoke`.
LEFT_BY_UP = (".sandbox/template.yaml", ".sandbox/env.json")
BASH = shutil.which("bash") or "/bin/bash"
SECONDS = 120


class Call(NamedTuple):
    """A command that was called, and how it ended."""

    program: str
    arguments: list[str]
    status: int

    def option(self, name: str) -> str:
        """The value of an option. Raises ValueError if it is not given."""
        return self.arguments[self.arguments.index(name) + 1]


class Typed(NamedTuple):
    """What came of typing blocks into a shell; `finished` are those that came to their end."""

    finished: list[str]
    calls: list[Call]
    stderr: str


def place(program: str, command: Sequence[str | Path], folder: Path) -> None:
    """Put a program of that name into the folder; it calls the command with its own arguments behind."""
    script = folder / program
    script.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n', "utf-8")
    script.chmod(0o755)


def link_repository(folder: Path) -> None:
    """Make the folder look like the repository; what is written into it stays there."""
    for entry in ROOT.iterdir():
        if entry.name[0] != ".":
            (folder / entry.name).symlink_to(entry)


def typed(
    blocks: Sequence[Block],
    environ: dict[str, str],
    folder: Path,
    *,
    answers: str = "",
    seconds: float = SECONDS,
) -> Typed:
    """Type the blocks into one shell, from a folder on; the first command that fails ends it.

    `answers` are what a person types when a command asks.
    """
    finished, calls = folder / "finished", folder / "calls"
    for file in (finished, calls):
        file.write_text("", "utf-8")
    said = shlex.quote(str(finished))
    script = "".join(f"{block.script}echo {shlex.quote(block.name)} >>{said}\n" for block in blocks)
    command = [BASH, "--noprofile", "--norc", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environ, input=answers, capture_output=True, text=True, timeout=seconds
    )
    called = [Call(**json.loads(line)) for line in calls.read_text("utf-8").splitlines()]
    return Typed(finished.read_text("utf-8").splitlines(), called, done.stderr)


@dataclass(frozen=True)
class StubShell:
    """The repository as a folder of links, and a PATH of stubs; nothing is installed, deployed or sent."""

    folder: Path
    environ: dict[str, str]

    @classmethod
    def at(cls, folder: Path) -> "StubShell":
        programs = folder / "programs"
        programs.mkdir()
        link_repository(folder)
        for path in (".venv/bin/activate", *LEFT_BY_UP):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()
        names = {section: list(TEMPLATE[section]) for section in ("Parameters", "Resources", "Outputs")}
        (folder / stub_command.NAMES).write_text(json.dumps(names), "utf-8")
        for tool in TOOLS:
            (programs / tool).symlink_to(shutil.which(tool) or tool)
        for program in stub_command.PROGRAMS:
            stub: list[str | Path] = [sys.executable, Path(stub_command.__file__), folder, program]
            place(program, stub, programs)
        environ = {
            "PATH": str(programs),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "AWS_DEFAULT_REGION": stub_command.REGION,
            "SAM_CLI_TELEMETRY": "0",
            "PYTHONWARNINGS": "ignore",
            "REAL_MAKE": shutil.which("make") or "make",
            "REAL_BASH": BASH,
        }
        return cls(folder, environ)

    def type(self, blocks: Sequence[Block]) -> Typed:
        return typed(blocks, self.environ, self.folder)
