"""What becomes of the records once their notices' outcomes are known.

First their senders are told: an outcome that the topic does not take goes on the notice queue as a record of
its own, and is published later. Then what was rejected is written to the dead-letter queue.

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
from notice.dispatch.gate import OUT_OF_TIME
from notice.inquiry import Held
from notice.outcomes import Accepted, Deferred, Outcome, Reason, Rejected
from notice.queue.dead_letters import DeadLetter, DeadLetters, dead_letter
from notice.queue.outcome_events import OutcomeEvent, OutcomeTopic, outcome_events
from notice.queue.records import Place, QueuedNotice, Record
from notice.queue.visibility import EXPIRY_SECONDS, VisibilityTimeouts, Wait, backoff_seconds, lifetime
from relay.notices.record import EXPIRED, TOO_LATE

MAYBE_ACCEPTED = "maybeAccepted"
"""Begins the message of a notice that was given up, though an earlier call may have reached the portal."""
NOT_WRITTEN = Deferred(Reason.DEAD_LETTER_NOT_WRITTEN)
NOT_PUBLISHED = Deferred(Reason.OUTCOME_NOT_PUBLISHED)

# Kept back for the queues, after all else: one SQS call that hangs, and its repetition.
QUEUE_SECONDS = 9.0


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """A record and the outcome of the notice in each of its places."""

    record: Record
    outcomes: Sequence[Outcome]

    @classmethod
    def of(cls, record: Record, outcomes: Mapping[QueuedNotice, Outcome]) -> Self:
        """Returns a record's outcome: of a notice that broke a rule the record's, of any other the portal's.

        Late notices that the portal did not take wait to be given up. A record that was put off leaves,
        unless the topic does not take what it holds.
        """
        found = [_outcome(one, outcomes) for _, one, _ in record.places]
        if record.late:
            found = [OUT_OF_TIME if isinstance(one, Deferred) else one for one in found]
        return cls(record, found)

    def doubtful(self, now: float) -> list[QueuedNotice]:
        """Returns the notices that are to be given up: those that wait in a record which is late or expires.

        A late record that is received for the first time was never sent, and leaves no doubt.
        """
        if not self._is_over(now) or (self.record.late and self.record.receives == 1):
            return []
        places = zip(self.record.places, self.outcomes, strict=True)
        waiting = (place.notice for place, outcome in places if isinstance(outcome, Deferred))
        return [one for one in waiting if isinstance(one, QueuedNotice)]

    def in_time(self, held: Mapping[QueuedNotice, Held], now: float) -> Self:
        """Returns the outcome in which what is late or expires is given up, but for what the portal holds."""
        if not self._is_over(now):
            return self
        places = zip(self.record.places, self.outcomes, strict=True)
        return replace(self, outcomes=[self._given_up(place, one, held, now) for place, one in places])

    def _is_over(self, now: float) -> bool:
        return self.stays and (self.record.late or self._expires(now))

    def _expires(self, now: float) -> bool:
        return lifetime(self.record.sent_at, now) < EXPIRY_SECONDS

    def _given_up(
        self, place: Place, outcome: Outcome, held: Mapping[QueuedNotice, Held], now: float
    ) -> Outcome:
        """A late notice about which the portal could not be asked yet waits; one that expires cannot."""
        if not isinstance(outcome, Deferred):
            return outcome
        code, why = EXPIRED, f"14 days in the queue; {outcome}"
        if self.record.late:
            code, why = TOO_LATE, f"{self.record.not_after} has passed"
        if not isinstance(place.notice, QueuedNotice) or (self.record.late and self.record.receives == 1):
            return Rejected(code, why)
        known = held.get(place.notice)
        if known is Held.YES:
            return Accepted()
        if known is None and not self._expires(now):
            return outcome
        return Rejected(code, why if known is Held.NO else f"{MAYBE_ACCEPTED}: {why}")

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

    def events(self, now: float) -> list[OutcomeEvent]:
        """Returns what is to be published: nothing of a record that could not be read."""
        if self.record.put_off:
            return [self.record.put_off]
        if self.record.org_id is None:
            return []
        ids = [place.message_id for place in self.record.places]
        return outcome_events(self.record.id, self.record.org_id, zip(ids, self.outcomes, strict=True), now)

    def without_events(self, now: float) -> Self:
        """Returns the outcome if its events are neither published nor put off: the record stays after all."""
        held = replace(self, outcomes=[NOT_PUBLISHED for _ in self.outcomes])
        return held.in_time({}, now) if self.record.put_off else held

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Yields the dead letters of its rejected notices."""
        for place, outcome in zip(self.record.places, self.outcomes, strict=True):
            if isinstance(outcome, Rejected):
                yield dead_letter(self.record, place, outcome)


def _outcome(one: QueuedNotice | Rejected | None, outcomes: Mapping[QueuedNotice, Outcome]) -> Outcome:
    if isinstance(one, QueuedNotice):
        return outcomes.get(one, OUT_OF_TIME)
    return one or Accepted()


@dataclass(slots=True, eq=False)
class Settlement:
    """How the records ended, in notices: those of records that left, and those that wait."""

    ends: list[RecordOutcome] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    accepted: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By organisation and code."""
    deferred: int = 0
    put_off: int = 0
    """Outcomes that are published later."""
    oldest_accepted: float | None = None
    """Seconds since the epoch at which the longest-waiting record with accepted notices was sent."""
    oldest_deferred: float | None = None
    """The same of the records that wait on."""
    events_not_published: Counter[str] = field(default_factory=Counter)
    """By AWS's code, as the dead letters and the waits."""
    letters_not_written: Counter[str] = field(default_factory=Counter)
    waits_not_set: Counter[str] = field(default_factory=Counter)

    def add(self, end: RecordOutcome) -> None:
        """Count a record's end."""
        sent_at = end.record.sent_at
        if end.stays:
            self.returned.append(end.record.id)
        if end.record.put_off:
            return
        self.ends.append(end)
        if end.stays:
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
    """Publishes outcomes, writes dead letters, and sets how long a record that stays is to wait."""

    topic: OutcomeTopic
    letters: DeadLetters
    timeouts: VisibilityTimeouts

    def settle(
        self,
        found: Iterable[RecordOutcome],
        held: Mapping[QueuedNotice, Held],
        now: float,
        deadline: Deadline,
    ) -> Settlement:
        """Settle every record; `returned` names those that stay in the queue.

        `held` says of notices that are to be given up whether the portal has them.
        """
        settlement = Settlement()
        ends = [end.in_time(held, now) for end in found]
        for position in self._publish(ends, settlement, now, deadline):
            ends[position] = ends[position].without_events(now)
        for position in self._write_letters(ends, settlement, deadline):
            ends[position] = ends[position].without_dead_letters()
        if waits := [end.wait(now) for end in ends if end.stays]:
            settlement.waits_not_set = self.timeouts.set(waits, deadline)
        for end in ends:
            settlement.add(end)
        return settlement

    def _publish(
        self, ends: Sequence[RecordOutcome], settlement: Settlement, now: float, deadline: Deadline
    ) -> set[int]:
        """The positions of records that may leave, but whose events may be neither published nor put off."""
        leaving = ((position, end) for position, end in enumerate(ends) if not end.stays)
        events = [(position, event) for position, end in leaving for event in end.events(now)]
        if not events:
            return set()
        codes = self.topic.publish([event for _, event in events], deadline.sooner(QUEUE_SECONDS))
        settlement.events_not_published.update(codes.values())
        settlement.put_off = len(codes)
        held = {events[number][0] for number in codes if ends[events[number][0]].record.put_off}
        fresh = [events[number] for number in codes if events[number][0] not in held]
        if fresh:
            failed = self.topic.put_off([event for _, event in fresh], deadline)
            held.update(fresh[number][0] for number in failed)
        return held

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
