"""Sends batches, and finds the poison notice when one is not taken."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from notice.deadline import Deadline
from notice.dispatch.batches import BATCH_LIMIT, Batch, fitting, full, grouped
from notice.dispatch.bisect import bisect
from notice.dispatch.gate import Gate, Scope
from notice.dispatch.ledger import Ledger
from notice.dispatch.limits import BatchLimits
from notice.dispatch.quarantine import Quarantine
from notice.dispatch.slow_start import SlowStart, company, in_changing_order
from notice.outcomes import Deferred, Reason, Rejected
from notice.portal.errors import (
    NotAllowedError,
    OrganisationNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    ProduceTooLargeError,
    ProduceTooMuchError,
    ProduceTurnedAwayError,
    TokenTurnedDownError,
)
from notice.queue.records import QueuedNotice

# A notice on which the portal failed this often, while it took others, is tried for a poison notice.
POISON_RECEIVES = 8
# Before each further try, the portal takes the known good notice so often. Uneven, so that a portal which
# fails at regular intervals is not mistaken for a poison notice.
PROBES = (1, 2)
# Notices of one organisation that are sent alone to learn whether the portal works, should some be refused.
MOST_PROBES = 3

TURNED_AWAY = "turned away before it reached the portal"
UNKNOWN = Deferred(Reason.UNAVAILABLE, "nothing of this organisation was taken")


class Portal(Protocol):
    """Takes a batch or raises ProduceError: see `notice.portal.client.PortalClient`."""

    def prepare(self, deadline: Deadline) -> None: ...

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None: ...


class BlockedError(Exception):
    """No further call may be made for this batch: what is undecided in it waits."""

    def __init__(self, why: Deferred) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class _TurnedAway:
    """What is known of an organisation of which nothing was taken yet.

    `record_id` is the record of the notice that was turned away alone; None if only a batch was.
    """

    error: ProduceTurnedAwayError
    record_id: str | None


@dataclass(slots=True, eq=False, repr=False)
class Sender:
    """One invocation's way to the portal; safe to use from several threads."""

    portal: Portal
    gate: Gate
    ledger: Ledger
    quarantine: Quarantine
    slow_start: SlowStart
    limits: BatchLimits
    _failed: list[Batch] = field(default_factory=list)
    _aside: list[Batch] = field(default_factory=list)
    _probes: Counter[str] = field(default_factory=Counter)
    _turned_away: dict[str, _TurnedAway] = field(default_factory=dict)
    """By organisation."""

    def send(self, batch: Batch) -> bool:
        """Send a batch. True if the portal took it whole.

        A refused one is bisected. One on which the portal fails is kept for `next_batches`, and so is each
        one that is due while the portal may be down, or that has become too large meanwhile.
        """
        if self.ledger.in_doubt() or not self.limits.allows(batch[0].org_id, len(batch)):
            self._aside.append(batch)
            return False
        return self.send_now(batch)

    def next_batches(self) -> list[Batch]:
        """Returns what to send now of what was kept; nothing at the end.

        That is one notice alone while the portal may be down, or after a failure on a batch of an
        organisation of which nothing was taken yet: if the portal fails on it too, it was not the batch's
        size. After that it is the one half of what failed and the other, and when both were taken the rest.
        """
        if not self._aside and not self._failed:
            return []
        kept = chain.from_iterable([*self._failed, *self._aside])
        self._failed, self._aside = [], []
        waiting = [one for one in kept if self.ledger.outcome(one) is None]
        found: list[Batch] = []
        for group in grouped(waiting, by=company).values():
            org_id, doubt = group[0].org_id, self.ledger.in_doubt()
            if why := self.gate.blocked(group):
                self.ledger.settle(group, why)
            elif doubt and found:
                self._aside.append(group)
            elif not doubt and self.limits.confirmed(org_id) and not self._is_unknown(org_id):
                found += full(group, company, self.limits.size)
            elif place := self._first_of(group, doubt=doubt):
                found.append(group[place])
                self._aside += group[: place.start or 0], group[place.stop :]
            elif org_id in self._turned_away:
                self._not_allowed(org_id, self._turned_away[org_id].error)
            else:
                # What was refused of it as too large, alone, is not believed either.
                self.gate.close(Scope.QUARANTINE, UNKNOWN, org_id)
                self.ledger.settle(group, UNKNOWN)
        return found

    def _is_unknown(self, org_id: str) -> bool:
        """Whether batches of the organisation were turned away, and nothing of it was taken."""
        return org_id in self._turned_away and org_id not in self.ledger.known_good

    def _first_of(self, group: Batch, *, doubt: bool) -> slice | None:
        """Returns where in a group the batch is that is to be sent before the rest; None after some tries."""
        org_id, whole = group[0].org_id, slice(fitting(group[: self.limits.size(group[0].org_id)]))
        if not doubt and org_id in self.ledger.known_good:
            return whole
        self._probes[org_id] += 1
        if self._probes[org_id] > MOST_PROBES:
            return None
        unknown = self._is_unknown(org_id)
        if self.slow_start.factor == BATCH_LIMIT and not unknown:
            return whole
        record = self._turned_away[org_id].record_id if unknown else None
        others = in_changing_order(one for one in group if one.record_id != record)
        place = group.index(others[0]) if others else 0
        return slice(place, place + 1) if others else None

    def send_now(self, batch: Batch) -> bool:
        """Send a batch whatever else is due; else as `send`."""
        try:
            try:
                if self._takes(batch, first=True):
                    return True
            except ProduceFailedError as error:
                if not self._judge_failure(batch, error):
                    return False
            if len(batch) > 1:
                bisect(batch, self._takes_part, self.ledger.halve)
        except PortalUnavailableError as error:
            self._undecided(error)
            why = Deferred(Reason.UNAVAILABLE, str(error), error.retry_after)
            self.ledger.settle(batch, why)
            self.gate.close(Scope.EVERYTHING, why)
        except NotAllowedError as error:
            self._not_allowed(batch[0].org_id, error)
        except BlockedError as error:
            self.ledger.settle(batch, error.why)
        return False

    def _judge_failure(self, batch: Batch, error: ProduceFailedError) -> bool:
        """Settle, keep or stop what the portal failed on. Returns whether to look for one notice at fault."""
        self._undecided(error)
        org_id = batch[0].org_id
        if isinstance(error, ProduceTurnedAwayError):
            return self._judge_turned_away(batch, error)
        if len(batch) == 1:
            self._failed_alone(batch[0], error)
        elif self.ledger.largest[org_id] >= len(batch):
            return True
        else:
            self.limits.failed(org_id, len(batch))
            self.ledger.fail(batch)
            self._failed.append(batch)
        return False

    def _judge_turned_away(self, batch: Batch, error: ProduceTurnedAwayError) -> bool:
        """As `_judge_failure`. Whether it is configuration, a notice of another record decides."""
        org_id, alone = batch[0].org_id, len(batch) == 1
        if org_id in self.ledger.known_good:
            if not alone:
                return True
            if self._is_poison(batch[0]):
                self.ledger.settle(batch, Rejected(error.code, error.message or TURNED_AWAY))
            if self.ledger.outcome(batch[0]):  # A try may have been taken, too.
                return False
        elif not (alone and (self.ledger.doubtful or self._was_turned_away_alone(org_id))):
            self._turned_away[org_id] = _TurnedAway(error, batch[0].record_id if alone else None)
            self.ledger.fail(batch)
            self._failed.append(batch)
            return False
        self._not_allowed(org_id, error)
        return False

    def _was_turned_away_alone(self, org_id: str) -> bool:
        known = self._turned_away.get(org_id)
        return known is not None and bool(known.record_id)

    def _undecided(self, error: ProduceFailedError | PortalUnavailableError) -> None:
        if not self.ledger.closed and not isinstance(error, ProduceTurnedAwayError):
            self.ledger.outage(error.code)
            self.slow_start.learn(error)

    def _not_allowed(self, org_id: str, error: NotAllowedError | ProduceTurnedAwayError) -> None:
        why = Deferred(Reason.NOT_ALLOWED, str(error))
        away = isinstance(error, ProduceTurnedAwayError)
        if isinstance(error, OrganisationNotAllowedError) or (away and self.ledger.portal_works):
            self.gate.close(Scope.ORGANISATION, why, org_id)
            self.ledger.fault(org_id, error.code)
        else:
            self.gate.close(Scope.EVERYTHING, why)
            self.ledger.fault("", error.code)

    def _takes_part(self, part: Batch) -> bool:
        if why := self.gate.search_blocked():
            raise BlockedError(why)
        try:
            return self._takes(part)
        except ProduceFailedError as error:
            if len(part) == 1:
                self._judge_failure(part, error)
            else:
                self._undecided(error)
            return False

    def _takes(self, batch: Batch, *, first: bool = False, probe: bool = False) -> bool:
        """One call, or a second if the token is turned down; whether the portal took the batch.

        Raises ProduceError but for a refusal, or BlockedError without having called.
        """
        try:
            try:
                self._call(batch, first=first)
            except TokenTurnedDownError:
                self._call(batch)
        except ProduceRefusedError as error:
            self._refused(batch, error)
            return False
        except ProduceTooLargeError as error:
            if len(batch) > 1:
                raise
            self._refused(batch, error)
            return False
        self.ledger.accept(batch, probe=probe)
        self.limits.taken(batch[0].org_id, len(batch))
        self.quarantine.accepted(batch[0].org_id)
        return True

    def _call(self, batch: Batch, *, first: bool = False) -> None:
        if why := self.gate.blocked(batch):
            raise BlockedError(why)
        self.portal.prepare(self.gate.deadline)
        self.ledger.call(batch, first=first)
        self.portal.produce(batch[0].org_id, [notice.wire for notice in batch], self.gate.deadline)

    def _refused(self, batch: Batch, error: ProduceError) -> None:
        """Enter what the portal said of `batch`: the last word if it is about a notice alone."""
        org_id = batch[0].org_id
        if self.ledger.closed:
            return
        self.ledger.answered()
        if len(batch) == 1:
            self.ledger.settle(batch, Rejected(error.code, error.message))
            self.quarantine.refused_alone(org_id, error.code)
        if org_id in self.ledger.known_good or not self.quarantine.holds(org_id, error.code):
            return
        self.quarantine.prolong(org_id, error.code)
        if self.gate.close(Scope.QUARANTINE, Deferred(Reason.QUARANTINED, str(error)), org_id):
            self.ledger.fault(org_id, error.code)

    def _failed_alone(self, notice: QueuedNotice, error: ProduceFailedError) -> None:
        """Reject a notice on which the portal fails again and again while it takes a known good one."""
        why, org_id = _deferred(error), notice.org_id
        self.limits.forget(org_id)
        self.ledger.fail([notice])
        silent = isinstance(error, ProduceTooMuchError)
        if self.ledger.portal_failing() or (silent and not self.ledger.portal_works):
            self.gate.close(Scope.EVERYTHING, why)
        elif org_id not in self.ledger.known_good or self.ledger.failing(org_id):
            self.gate.close(Scope.ORGANISATION, why, org_id)
        elif not silent and notice.receives >= POISON_RECEIVES and self._is_poison(notice):
            self.ledger.poison(org_id)
            self.ledger.settle([notice], Rejected(error.code, error.message))
        self.ledger.settle([notice], why)

    def _is_poison(self, notice: QueuedNotice) -> bool:
        """Whether the portal takes a known good notice, and not this one, again and again."""
        return all(self._fails_beside(notice, times) for times in PROBES)

    def _fails_beside(self, notice: QueuedNotice, times: int) -> bool:
        """Whether the portal takes a known good notice so many times, and then still fails on this one.

        Sending an accepted notice again is safe: the portal skips the users who have had it.
        """
        known_good = self.ledger.known_good.get(notice.org_id)
        try:
            if known_good is None or not all(self._probe([known_good]) for _ in range(times)):
                return False
        except (ProduceError, BlockedError):
            return False
        try:
            self._probe([notice])
        except ProduceFailedError:
            return True
        except (ProduceError, BlockedError):
            return False
        return False

    def _probe(self, batch: Batch) -> bool:
        return self._takes(batch, probe=True)


def _deferred(error: ProduceError) -> Deferred:
    return Deferred(Reason.UNAVAILABLE, str(error))
