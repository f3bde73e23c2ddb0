"""`make bench`: measures everything beside its references, and writes the record, the pages and the charts.

Ends with 0 when all was measured, whether or not the budgets hold: that is said and written. What did not do
its work has no time: then it ends with 1, and writes nothing.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from rich.markup import escape

from benchmarks import (
    burst,
    cold_start,
    memory,
    notices,
    page,
    poison_notices,
    record,
    sizes,
    terminal,
    warm_callback,
)
from benchmarks.cost.__main__ import write as write_cost
from benchmarks.cost.inputs import Inputs
from benchmarks.measuring import Measured
from benchmarks.portal_server import NotAsClaimedError
from benchmarks.processes import ChildFailedError
from sandbox.build import build
from sandbox.cloud import STATE, SandboxError
from sandbox.leaving import leave_properly
from sandbox.screen import Screen

FOLDER = Path(__file__).parent


class Part(NamedTuple):
    """Something to measure, and what the person is told while it is."""

    title: str
    measure: Callable[[], Measured]


PARTS: Mapping[str, Part] = {
    "cold_start": Part("Starts in fresh processes", cold_start.measure),
    "warm_callback": Part("A warm callback, beside its bare calls", warm_callback.measure),
    "notices": Part("10,000 notices to portals of 0, 20 and 200 ms", notices.measure),
    "culprits": Part("Poison notices at every position", poison_notices.measure),
    "memory": Part("Memory for the largest events", memory.measure),
    "sizes": Part("Sizes of the artefacts", sizes.measure),
    "burst": Part("A burst of 1,000 callbacks on the sandbox", burst.measure),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the relay takes.")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these, show them and write nothing")
    chosen: list[str] | None = parser.parse_args(arguments).only
    leave_properly()
    screen = Screen()
    try:
        with screen.part("Building the bundle (sam build)"):
            build(STATE / "bench-sam.log")
        return bench({name: PARTS[name] for name in chosen or PARTS}, screen, None if chosen else FOLDER)
    except SandboxError as error:
        screen.console.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        screen.console.print("stopped; nothing is written")
        return 130


def bench(parts: Mapping[str, Part], screen: Screen, folder: Path | None) -> int:
    """Measure, show, and write into `folder` if there is one; the exit status. Raises SandboxError."""
    found: dict[str, Measured] = {}
    try:
        for name, part in parts.items():
            with screen.part(part.title):
                found[name] = part.measure()
    except (NotAsClaimedError, ChildFailedError) as error:
        screen.console.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    terminal.show((row for one in found.values() for row in one.rows), screen.console)
    if folder:
        written = ", ".join(str(path) for path in _write(record.record_of(found), folder))
        screen.console.print(f"written: {written}", soft_wrap=True)
    return 0


def _write(found: record.Record, folder: Path) -> list[Path]:
    """The record, its pages, and those of the cost, which is made of it too."""
    record.write(found, folder / record.RESULTS.name)
    made = page.contents(found)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    cost = write_cost(folder / "cost", Inputs.load(folder / record.RESULTS.name))
    return [folder / name for name in (record.RESULTS.name, *made)] + [
        folder / "cost" / name for name in cost
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
