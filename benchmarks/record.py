"""What a run found: rows of values beside their reference and their budget, as results.json keeps them."""

import os
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Self

from pydantic import BaseModel, ConfigDict

RESULTS = Path(__file__).with_name("results.json")


class Budget(BaseModel):
    """What is allowed: a value is to be at most, or at least, `limit`."""

    model_config = ConfigDict(frozen=True)

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


class Row(BaseModel):
    """One figure: its value in each round, what it stands beside, and what it may be.

    `unit` is `×` where each value is the ratio of ours to the reference of the same round; `medians` has both
    in the unit that they were measured in.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    values: tuple[float, ...]
    budget: Budget
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

    @property
    def holds(self) -> bool:
        return self.budget.holds(self.median)

    @property
    def figure(self) -> str:
        """The median, with more digits where rounding would hide that the budget is missed."""
        digits = self.digits
        while not self.holds and self.budget.holds(round(self.median, digits)):
            digits += 1
        return f"{self.median:,.{digits}f} {self.unit}"

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
    what: str, ours: Sequence[float], theirs: Sequence[float], *, against: str, unit: str, budget: Budget
) -> Row:
    """Returns the row of a ratio, which is formed round by round."""
    values = tuple(round(own / other, 4) for own, other in zip(ours, theirs, strict=True))
    digits = 1 if median(ours) < 1000 else 0
    medians = f"{median(ours):,.{digits}f} beside {median(theirs):,.{digits}f} {unit}"
    return Row(what=what, values=values, budget=budget, against=against, medians=medians)
