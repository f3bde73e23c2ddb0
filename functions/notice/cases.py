"""A record with what became of each of its notices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from notice.letters import Letter, letter
from notice.outcomes import Deferred, Outcome, Rejected
from notice.records import Notice, Record

EXPIRED = "Expired"


@dataclass(slots=True)
class Case:
    """A record and the outcome of each of its entries."""

    record: Record
    outcomes: list[Outcome]

    @classmethod
    def of(cls, record: Record, outcomes: Mapping[Notice, Outcome]) -> Self:
        """A notice that broke a rule has its outcome from the record, any other from the portal."""
        found = (entry.notice for entry in record.entries)
        return cls(record, [one if isinstance(one, Rejected) else outcomes[one] for one in found])

    def stays(self) -> bool:
        return any(isinstance(outcome, Deferred) for outcome in self.outcomes)

    def asked(self) -> float | None:
        waits = [one.retry_after for one in self.outcomes if isinstance(one, Deferred)]
        return max((wait for wait in waits if wait), default=None)

    def expire(self) -> None:
        self.outcomes = [
            Rejected(EXPIRED, f"14 days in the queue; {one.reason}") if isinstance(one, Deferred) else one
            for one in self.outcomes
        ]

    def letters(self) -> Iterator[Letter]:
        for entry, outcome in zip(self.record.entries, self.outcomes, strict=True):
            if isinstance(outcome, Rejected):
                yield letter(self.record, entry, outcome)
