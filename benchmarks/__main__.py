"""`make bench`: measures everything beside its references, and writes the record, the pages and the charts.

Ends with 0 when all was measured, whether or not the budgets hold: that is said and written. What did not do
its work has no time: then it ends with 1, and writes nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.markup import escape

from benchmarks import (
    burst,
    cold_start,
    culprits,
    memory,
    notices,
    page,
    record,
    sizes,
    terminal,
    warm_callback,
)
from benchmarks.cost.__main__ import write as write_cost
from benchmarks.cost.inputs import Inputs
from benchmarks.measuring import Measured
from benchmarks.portal_server import NotAsClaimed
from benchmarks.processes import ChildFailed
from sandbox.build import build
from sandbox.cloud import STATE, SandboxError
from sandbox.screen import Screen

FOLDER = Path(__file__).parent
PARTS: Mapping[str, tuple[str, Callable[[], Measured]]] = {
    "cold_start": ("Starts in fresh processes", cold_start.measure),
    "warm_callback": ("A warm callback, beside its bare calls", warm_callback.measure),
    "notices": ("10,000 notices to portals of 0, 20 and 200 ms", notices.measure),
    "culprits": ("Culprits at every position", culprits.measure),
    "memory": ("Memory for the largest events", memory.measure),
    "sizes": ("Sizes of the artefacts", sizes.measure),
    "burst": ("A burst of 1,000 callbacks on the sandbox", burst.measure),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the relay takes.")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these, show them and write nothing")
    chosen: list[str] | None = parser.parse_args(arguments).only
    screen = Screen()
    try:
        found = _measured(chosen or PARTS, screen)
    except (NotAsClaimed, ChildFailed, SandboxError) as error:
        screen.console.print(f"[red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    terminal.show((row for one in found.values() for row in one.rows), screen.console)
    if not chosen:
        written = _write(record.record_of(found), FOLDER)
        screen.console.print(f"written: {', '.join(str(path) for path in written)}", soft_wrap=True)
    return 0


def _measured(chosen: Iterable[str], screen: Screen) -> dict[str, Measured]:
    with screen.part("Building the bundle (sam build)"):
        build(STATE / "bench-sam.log")
    found = {}
    for name in chosen:
        title, measure = PARTS[name]
        with screen.part(title):
            found[name] = measure()
    return found


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
