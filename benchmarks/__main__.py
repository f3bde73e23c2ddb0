"""`make bench`: measures everything beside its references, and writes the record, the page and the chart.

Ends with 0 when all was measured, whether or not the budgets hold: that is printed and written. What did not
do its work has no time: then it ends with 1, and writes nothing.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from benchmarks import inbound, notices
from benchmarks.results import FOLDER, Record, Row, Rows, files
from sandbox import lifecycle
from sandbox.cloud.ministack import STATE
from sandbox.cloud.sam import build

MEASURES: Mapping[str, Callable[[], Rows]] = {
    "cold_start": inbound.cold_start,
    "layer": inbound.layer,
    "warm_callback": inbound.warm,
    "notices": notices.sending,
    "poison_notices": notices.poison,
    "body": inbound.body,
    "memory": notices.memory,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what the relay takes.")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="measure these, show them, write nothing")
    chosen: list[str] | None = parser.parse_args(arguments).only

    def measured(console: Console) -> int:
        with lifecycle.part(console, "Building the bundle (sam build)"):
            build(STATE / "bench-sam.log")
        measures = {name: MEASURES[name] for name in chosen or MEASURES}
        bench(measures, console, None if chosen else FOLDER)
        return 0

    return lifecycle.run(measured)


def bench(measures: Mapping[str, Callable[[], Rows]], console: Console, folder: Path | None) -> None:
    """Measure, show, and write into `folder` if there is one. Raises NotAsClaimedError."""
    rows: dict[str, Row] = {}
    for name, measure in measures.items():
        with lifecycle.part(console, name):
            rows |= measure()
    for line in lines(rows.values()):
        console.print(escape(line), soft_wrap=True)
    if folder:
        for name, text in files(Record.of(rows)).items():
            (folder / name).write_text(text, "utf-8")
            console.print(f"written: {folder / name}", soft_wrap=True)


def lines(rows: Iterable[Row]) -> Iterable[str]:
    """Returns a line for each row: what, its figure, what it stands beside, and whether its budget holds."""
    for row in rows:
        beside = ", ".join(filter(None, (row.medians, row.against)))
        yield f"{row.what}: {row.figure}{beside and f' ({beside})'}, budget {row.verdict}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
