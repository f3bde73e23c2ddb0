"""What becomes of the records once their notices' outcomes are known.

A record leaves the queue when each of its notices is accepted or in the dead-letter queue. As long as one of
them is deferred the record stays as it is, and none of its rejected ones is written to the dead-letter queue:
they are written at the one moment the record leaves, so no number of returns doubles or loses any. Meanwhile
what was accepted is sent again with the rest, which the portal takes without bothering anyone twice. The
other way, a new record for the deferred ones, would double them in a crash between its sending and the old
one's leaving, and forget how often and since when they were tried.

What can still be doubled is a dead letter: when the function dies between writing it and returning, or when
SQS takes one part of a record's letters and fails on another.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from notice.deadline import Deadline
from notice.outcomes import Accepted, Deferred, Outcome, Rejected
from notice.queue.dead_letters import DeadLetter, DeadLetters, dead_letter
from notice.queue.records import Notice, Record
from notice.queue.visibility import EXPIRY_SECONDS, VisibilityTimeouts, Wait, backoff_seconds, lifetime

EXPIRED = "Expired"


@dataclass(slots=True)
class RecordOutcome:
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

    def wait(self, now: float) -> Wait:
        """As long as its receives are due, or as the portal asked for the most patient of its notices."""
        asked = [one.retry_after for one in self.outcomes if isinstance(one, Deferred) and one.retry_after]
        left = lifetime(self.record.sent_at, now)
        seconds = backoff_seconds(self.record.receives, max(asked, default=None), left)
        return Wait(self.record.receipt, seconds)

    def not_written(self) -> None:
        """Its dead letters are not all in their queue: the record stays after all."""
        later = Deferred("dead letter not written")
        self.outcomes = [later if isinstance(one, Rejected) else one for one in self.outcomes]

    def expire(self) -> None:
        self.outcomes = [
            Rejected(EXPIRED, f"14 days in the queue; {one.reason}") if isinstance(one, Deferred) else one
            for one in self.outcomes
        ]

    def dead_letters(self) -> Iterator[DeadLetter]:
        for entry, outcome in zip(self.record.entries, self.outcomes, strict=True):
            if isinstance(outcome, Rejected):
                yield dead_letter(self.record, entry, outcome)


@dataclass(slots=True)
class Settlement:
    """How the records ended, in notices: those of records that left, and those that wait."""

    ends: list[RecordOutcome] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    accepted: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By organisation and code."""
    deferred: Counter[str] = field(default_factory=Counter)
    """By reason."""
    oldest_accepted: float | None = None
    """Seconds since the epoch at which the longest-waiting record with accepted notices was sent."""
    oldest_deferred: float | None = None
    """The same of the records that wait on."""
    letters_not_written: Counter[str] = field(default_factory=Counter)
    """By AWS's code, as the waits."""
    waits_not_set: Counter[str] = field(default_factory=Counter)


class Settler:
    """Writes dead letters, and sets how long a record that stays is to wait."""

    def __init__(self, dead_letters: DeadLetters, timeouts: VisibilityTimeouts) -> None:
        self._dead_letters, self._timeouts = dead_letters, timeouts

    def settle(
        self,
        records: Iterable[Record],
        outcomes: Mapping[Notice, Outcome],
        now: float,
        deadline: Deadline,
    ) -> Settlement:
        """Settle every record; `returned` names those that stay in the queue."""
        ends = [RecordOutcome.of(record, outcomes) for record in records]
        for end in ends:
            if end.stays() and lifetime(end.record.sent_at, now) < EXPIRY_SECONDS:
                end.expire()
        settlement = Settlement()
        self._write_letters([end for end in ends if not end.stays()], settlement, deadline)
        waits = [end.wait(now) for end in ends if end.stays()]
        settlement.waits_not_set = self._timeouts.set(waits, deadline)
        for end in ends:
            _count(end, settlement)
        return settlement

    def _write_letters(
        self, leaving: list[RecordOutcome], settlement: Settlement, deadline: Deadline
    ) -> None:
        written = [(end, letter) for end in leaving for letter in end.dead_letters()]
        codes = self._dead_letters.send([letter for _, letter in written], deadline)
        settlement.letters_not_written.update(codes.values())
        for number in codes:
            end, _ = written[number]
            end.not_written()


def _count(end: RecordOutcome, settlement: Settlement) -> None:
    settlement.ends.append(end)
    sent_at = end.record.sent_at
    if end.stays():
        settlement.returned.append(end.record.id)
        settlement.deferred.update(one.reason for one in end.outcomes if isinstance(one, Deferred))
        settlement.oldest_deferred = min(settlement.oldest_deferred or sent_at, sent_at)
        return
    accepted = sum(isinstance(one, Accepted) for one in end.outcomes)
    settlement.accepted += accepted
    settlement.rejected.update(
        (end.record.org_id or "", one.code) for one in end.outcomes if isinstance(one, Rejected)
    )
    if accepted:
        settlement.oldest_accepted = min(settlement.oldest_accepted or sent_at, sent_at)
