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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from notice.cases import Case
from notice.deadline import Deadline
from notice.letters import DeadLetters
from notice.outcomes import Accepted, Deferred, Outcome, Rejected
from notice.patience import EXPIRY_SECONDS, lifetime
from notice.records import Notice, Record
from notice.waits import Waits


@dataclass(slots=True)
class Settlement:
    """How the records ended, in notices: those of records that left, and those that wait."""

    returned: list[str] = field(default_factory=list)
    accepted: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By organisation and code."""
    deferred: Counter[str] = field(default_factory=Counter)
    """By reason."""
    oldest_accepted: float | None = None
    """Seconds since the epoch at which the longest-waiting record with accepted notices was sent."""
    letters_not_written: int = 0
    waits_not_set: int = 0


class Settler:
    """Writes dead letters, and sets how long a record that stays is to wait."""

    def __init__(self, dead_letters: DeadLetters, waits: Waits) -> None:
        self._dead_letters, self._waits = dead_letters, waits

    def settle(
        self,
        records: Iterable[Record],
        outcomes: Mapping[Notice, Outcome],
        now: float,
        deadline: Deadline,
    ) -> Settlement:
        """Settle every record; `returned` names those that stay in the queue."""
        cases = [Case.of(record, outcomes) for record in records]
        for case in cases:
            if case.stays() and lifetime(case.record.sent_at, now) < EXPIRY_SECONDS:
                case.expire()
        settlement = Settlement()
        self._write_letters([case for case in cases if not case.stays()], settlement, deadline)
        staying = [case for case in cases if case.stays()]
        settlement.waits_not_set = self._waits.set(staying, now, deadline)
        for case in cases:
            _count(case, settlement)
        return settlement

    def _write_letters(self, leaving: list[Case], settlement: Settlement, deadline: Deadline) -> None:
        """A record whose letters are not all written stays after all."""
        written = [(case, one) for case in leaving for one in case.letters()]
        failed = self._dead_letters.send([one for _, one in written], deadline)
        settlement.letters_not_written = len(failed)
        for number in failed:
            case, _ = written[number]
            case.outcomes = [
                Deferred("dead letter not written") if isinstance(one, Rejected) else one
                for one in case.outcomes
            ]


def _count(case: Case, settlement: Settlement) -> None:
    if case.stays():
        settlement.returned.append(case.record.id)
        settlement.deferred.update(one.reason for one in case.outcomes if isinstance(one, Deferred))
        return
    accepted = sum(isinstance(one, Accepted) for one in case.outcomes)
    settlement.accepted += accepted
    settlement.rejected.update(
        (case.record.org_id or "", one.code) for one in case.outcomes if isinstance(one, Rejected)
    )
    if accepted:
        sent_at = case.record.sent_at
        settlement.oldest_accepted = min(settlement.oldest_accepted or sent_at, sent_at)
