"""Measures several things side by side, so that a slow moment of the machine hits all alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any, Self


@dataclass(frozen=True)
class Reading:
    """Values of one thing, one a round, in the unit that they were measured in."""

    values: tuple[float, ...]

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

    def over(self, reference: "Reading") -> "Reading":
        """The ratio to a reference, round by round."""
        return Reading(
            tuple(ours / theirs for ours, theirs in zip(self.values, reference.values, strict=True))
        )


def interleaved(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, Reading]:
    """Each case once a round, each round beginning with another of them."""
    names = list(cases)
    values: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            values[name].append(cases[name]())
    return {name: Reading(tuple(found)) for name, found in values.items()}


@dataclass(frozen=True)
class Budget:
    """What is allowed: a value is to be at most, or at least, `limit`."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table: a value with its spread, what it is compared with, and its budget if it has one.

    `unit` is `×` for a ratio. `key` names the row for programs and never changes.
    """

    key: str
    what: str
    reading: Reading
    unit: str = "×"
    reference: str = ""
    budget: Budget | None = None
    digits: int = 2

    @property
    def holds(self) -> bool | None:
        return None if self.budget is None else self.budget.holds(self.reading.median)

    @property
    def median(self) -> str:
        return f"{self.reading.median:,.{self.digits}f} {self.unit}"

    @property
    def spread(self) -> str:
        """The quartiles; nothing for what was counted."""
        low, high = self.reading.spread
        return f"{low:,.{self.digits}f} to {high:,.{self.digits}f}" if len(self.reading.values) > 1 else ""

    def as_json(self) -> dict[str, object]:
        budget = {"limit": self.budget.limit, "at_least": self.budget.at_least} if self.budget else None
        return {
            "what": self.what,
            "reference": self.reference,
            "unit": self.unit,
            "digits": self.digits,
            "values": [round(value, 4) for value in self.reading.values],
            "budget": budget,
            "holds": self.holds,
        }

    @classmethod
    def of_json(cls, key: str, given: Mapping[str, Any]) -> Self:
        """The row that `as_json` gave; whether its budget holds follows from the rest."""
        budget = Budget(**given["budget"]) if given["budget"] else None
        names = ("what", "unit", "reference", "digits")
        return cls(
            key,
            reading=Reading(tuple(given["values"])),
            budget=budget,
            **{name: given[name] for name in names},
        )


@dataclass(frozen=True)
class Measured:
    """What one measurement found: rows for the table, and for the record raw numbers, in named units."""

    rows: tuple[Row, ...]
    details: Mapping[str, object]


def single(value: float) -> Reading:
    """A value that is counted, not timed: one round is enough."""
    return Reading((value,))


def failed(rows: Iterable[Row]) -> list[Row]:
    """The rows whose budget does not hold."""
    return [row for row in rows if row.holds is False]
