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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from notice.deadline import Deadline
from notice.outcomes import Accepted, Deferred, Outcome, Reason, Rejected
from notice.queue.dead_letters import DeadLetter, DeadLetters, dead_letter
from notice.queue.records import QueuedNotice, Record
from notice.queue.visibility import EXPIRY_SECONDS, VisibilityTimeouts, Wait, backoff_seconds, lifetime

EXPIRED = "Expired"
NOT_WRITTEN = Deferred(Reason.DEAD_LETTER_NOT_WRITTEN)


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """A record and the outcome of the notice in each of its places."""

    record: Record
    outcomes: Sequence[Outcome]

    @classmethod
    def of(cls, record: Record, outcomes: Mapping[QueuedNotice, Outcome], now: float) -> Self:
        """Returns a record's outcome; one that would stay for longer than the queue keeps it has expired.

        A notice that broke a rule has its outcome from the record, any other from the portal.
        """
        found = [one if isinstance(one, Rejected) else outcomes[one] for _, one, _ in record.places]
        ended = cls(record, found)
        if ended.stays and lifetime(record.sent_at, now) < EXPIRY_SECONDS:
            return cls(record, [_expired(one) for one in found])
        return ended

    @property
    def stays(self) -> bool:
        """Whether the record stays in the queue."""
        return any(isinstance(outcome, Deferred) for outcome in self.outcomes)

    def wait(self, now: float) -> Wait:
        """Returns as long as its receives are due, or as the portal asked for one of its notices."""
        asked = [one.retry_after for one in self.outcomes if isinstance(one, Deferred) and one.retry_after]
        left = lifetime(self.record.sent_at, now)
        seconds = backoff_seconds(self.record.receives, max(asked, default=None), left)
        return Wait(self.record.receipt, seconds)

    def without_dead_letters(self) -> Self:
        """Returns the outcome if its dead letters are not all in their queue: the record stays after all."""
        outcomes = [NOT_WRITTEN if isinstance(one, Rejected) else one for one in self.outcomes]
        return replace(self, outcomes=outcomes)

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yields the dead letters of its rejected notices."""
        for place, outcome in zip(self.record.places, self.outcomes, strict=True):
            if isinstance(outcome, Rejected):
                yield dead_letter(self.record, place, outcome)


def _expired(outcome: Outcome) -> Outcome:
    return Rejected(EXPIRED, f"14 days in the queue; {outcome}") if isinstance(outcome, Deferred) else outcome


@dataclass(slots=True, eq=False)
class Settlement:
    """How the records ended, in notices: those of records that left, and those that wait."""

    ends: list[RecordOutcome] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    accepted: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By organisation and code."""
    deferred: int = 0
    oldest_accepted: float | None = None
    """Seconds since the epoch at which the longest-waiting record with accepted notices was sent."""
    oldest_deferred: float | None = None
    """The same of the records that wait on."""
    letters_not_written: Counter[str] = field(default_factory=Counter)
    """By AWS's code, as the waits."""
    waits_not_set: Counter[str] = field(default_factory=Counter)

    def add(self, end: RecordOutcome) -> None:
        """Count a record's end."""
        self.ends.append(end)
        sent_at = end.record.sent_at
        if end.stays:
            self.returned.append(end.record.id)
            self.deferred += sum(isinstance(one, Deferred) for one in end.outcomes)
            self.oldest_deferred = min(self.oldest_deferred or sent_at, sent_at)
            return
        accepted = sum(isinstance(one, Accepted) for one in end.outcomes)
        self.accepted += accepted
        rejected = [one.code for one in end.outcomes if isinstance(one, Rejected)]
        self.rejected.update((end.record.org_id or "", code) for code in rejected)
        if accepted:
            self.oldest_accepted = min(self.oldest_accepted or sent_at, sent_at)


@dataclass(slots=True, eq=False, repr=False)
class Settler:
    """Writes dead letters, and sets how long a record that stays is to wait."""

    letters: DeadLetters
    timeouts: VisibilityTimeouts

    def settle(
        self,
        records: Iterable[Record],
        outcomes: Mapping[QueuedNotice, Outcome],
        now: float,
        deadline: Deadline,
    ) -> Settlement:
        """Settle every record; `returned` names those that stay in the queue."""
        settlement = Settlement()
        ends = [RecordOutcome.of(record, outcomes, now) for record in records]
        for position in self._write_letters(ends, settlement, deadline):
            ends[position] = ends[position].without_dead_letters()
        if waits := [end.wait(now) for end in ends if end.stays]:
            settlement.waits_not_set = self.timeouts.set(waits, deadline)
        for end in ends:
            settlement.add(end)
        return settlement

    def _write_letters(
        self, ends: Sequence[RecordOutcome], settlement: Settlement, deadline: Deadline
    ) -> set[int]:
        """The positions of records that may leave, but whose dead letters may not all be in their queue."""
        leaving = ((position, end) for position, end in enumerate(ends) if not end.stays)
        letters = [(position, letter) for position, end in leaving for letter in end.dead_letters()]
        if not letters:
            return set()
        codes = self.letters.send([letter for _, letter in letters], deadline)
        settlement.letters_not_written.update(codes.values())
        return {letters[number][0] for number in codes}
