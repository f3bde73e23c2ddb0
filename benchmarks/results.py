"""What a run found, beside references and budgets: as results.json, README.md and chart.svg have it."""

import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import floor, log10
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
TITLES = {
    "×": "Ratios to a reference that was measured in the same run",
    "MB": "Megabytes",
    "calls": "Calls of the portal",
    "s": "Seconds of CPU",
}
"""Of the chart's groups, by unit."""


class Row(BaseModel):
    """One figure: its value in each round, what it stands beside, and the most that it may be, or the least.

    `unit` is `×` where each value is the ratio of ours to the reference of the same round; `medians` has both
    in the unit that they were measured in.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    values: tuple[float, ...]
    limit: float
    at_least: bool = False
    unit: str = "×"
    against: str = ""
    medians: str = ""
    digits: int = 2

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles: half of the rounds lie between them."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        low, _, high = quantiles(self.values, n=4, method="inclusive")
        return low, high

    def allows(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def holds(self) -> bool:
        return self.allows(self.median)

    @property
    def figure(self) -> str:
        """The median, with more digits where rounding would hide that the budget is missed."""
        digits = self.digits
        while not self.holds and self.allows(round(self.median, digits)):
            digits += 1
        return f"{self.median:,.{digits}f} {self.unit}"

    @property
    def budget(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"

    @property
    def verdict(self) -> str:
        return f"{self.budget} {'✓' if self.holds else '✗ missed'}"


type Rows = Mapping[str, Row]
"""By their keys, which never change."""


class Record(BaseModel):
    """One run."""

    measured: str
    machine: str
    rows: dict[str, Row]

    @classmethod
    def of(cls, rows: Rows) -> Self:
        return cls(measured=datetime.now(UTC).date().isoformat(), machine=machine(), rows=dict(rows))

    @classmethod
    def read(cls, path: Path = RESULTS) -> Self:
        return cls.model_validate_json(path.read_bytes())

    def text(self) -> str:
        return self.model_dump_json(indent=1) + "\n"


def machine() -> str:
    """Returns the processor, its cores, and the interpreter that measured."""
    known = Path("/proc/cpuinfo")
    text = known.read_text("utf-8") if known.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    processor = found[1] if found else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"


def interleaved(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Returns the values of each case, once a round, each round beginning with another of them."""
    names = list(cases)
    values: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(cases[name]())
    return values


def ratio(
    what: str, ours: Sequence[float], theirs: Sequence[float], *, unit: str, limit: float, **more: Any
) -> Row:
    """Returns the row of a ratio, which is formed round by round."""
    values = tuple(round(own / other, 4) for own, other in zip(ours, theirs, strict=True))
    digits = 1 if median(ours) < 1000 else 0
    medians = f"{median(ours):,.{digits}f} beside {median(theirs):,.{digits}f} {unit}"
    return Row(what=what, values=values, limit=limit, medians=medians, **more)


def worst(what: str, found: Mapping[str, list[float]], unit: str, limit: float, **more: Any) -> Row:
    """Returns the row of the case that takes most; beside it the one that takes least."""
    most, least = (choose(found, key=lambda name: median(found[name])) for choose in (max, min))
    more.setdefault("against", f"{least}: {median(found[least]):.3g} {unit}")
    what = f"{what}, the worst of {len(found)} shapes: {most}"
    values = tuple(round(value, 3) for value in found[most])
    return Row(what=what, values=values, unit=unit, limit=limit, **more)


class Group(NamedTuple):
    """Rows of one unit, on a scale of the chart from 0 to `end`."""

    title: str
    end: float
    rows: list[Row]


def files(record: Record) -> dict[str, str]:
    """Returns all that is written about a run, by file name."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("svg.j2",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    rows = list(record.rows.values())
    given = {"record": record, "rows": rows, "groups": list(_groups(rows))}
    made = {name: environment.get_template(f"{name}.j2").render(given) for name in ("README.md", "chart.svg")}
    return {RESULTS.name: record.text(), **made}


def _groups(rows: list[Row]) -> Iterator[Group]:
    """Returns the rows by their unit, in the order of the titles."""
    for unit, title in TITLES.items():
        if same := [row for row in rows if row.unit == unit]:
            end = _round_up(max(max(row.median, row.limit) for row in same))
            yield Group(f"{title} ({unit})", end, same)


def _round_up(value: float) -> float:
    """Returns the end of a scale that holds a value: 1.2, 1.5, 2 and their like, times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)
