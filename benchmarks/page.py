"""The record as README.md and chart.svg."""

from collections.abc import Iterator
from itertools import groupby
from math import floor, log10
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from benchmarks.record import RESULTS, Record, Row

HERE = Path(__file__).parent
_TITLES = {
    "×": "Ratios to a reference that was measured in the same run",
    "MB": "Megabytes",
    "calls": "Calls of the portal",
    "s": "Seconds of CPU",
}


class Group(NamedTuple):
    """Rows of one unit, on a scale from 0 to `end`."""

    title: str
    end: float
    rows: list[Row]


def files(record: Record) -> dict[str, str]:
    """Returns all that is written about a run, by file name."""
    rows = list(record.rows.values())
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("svg.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    given = {"record": record, "rows": rows, "groups": list(groups(rows))}
    made = {name: environment.get_template(f"{name}.j2").render(given) for name in ("README.md", "chart.svg")}
    return {RESULTS.name: record.text(), **made}


def groups(rows: list[Row]) -> Iterator[Group]:
    """Returns the rows by their unit, in the order of the titles."""
    order = list(_TITLES)
    for unit, same in groupby(sorted(rows, key=lambda row: order.index(row.unit)), lambda row: row.unit):
        many = list(same)
        end = _round_up(max(max(row.median, row.budget.limit) for row in many))
        yield Group(f"{_TITLES[unit]} ({unit})", end, many)


def _round_up(value: float) -> float:
    """Returns the end of a scale that holds a value: 1.2, 1.5, 2 and their like, times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)
