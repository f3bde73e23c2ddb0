"""Sends batches, and finds the poison notice when one is not taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from notice.deadline import Deadline
from notice.dispatch.batches import Batch
from notice.dispatch.bisect import bisect
from notice.dispatch.gate import Gate, Scope
from notice.dispatch.ledger import Ledger
from notice.dispatch.quarantine import Quarantine
from notice.dispatch.slow_start import SlowStart
from notice.outcomes import Deferred, Reason, Rejected
from notice.portal.errors import (
    NotAllowedError,
    OrganisationNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    TokenTurnedDownError,
)
from notice.queue.records import QueuedNotice

# A notice on which the portal failed this often, while it took others, is tried for a poison notice.
POISON_RECEIVES = 8
# Before each further try, the portal takes the known good notice so often. Uneven, so that a portal which
# fails at regular intervals is not mistaken for a poison notice.
PROBES = (1, 2)


class Portal(Protocol):
    """Takes a batch or raises ProduceError: see `notice.portal.client.PortalClient.produce`."""

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None: ...


class BlockedError(Exception):
    """No further call may be made for this batch: what is undecided in it waits."""

    def __init__(self, why: Deferred) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(slots=True, eq=False, repr=False)
class Sender:
    """One invocation's way to the portal; safe to use from several threads."""

    portal: Portal
    gate: Gate
    ledger: Ledger
    quarantine: Quarantine
    slow_start: SlowStart

    def send(self, batch: Batch) -> bool:
        """Send a fresh batch. True if the portal took it whole.

        A refused one is bisected. One on which the portal failed is not divided: it comes back among the
        redelivered. No other fresh one is sent after it, unless the portal is known to work.
        """
        org_id = batch[0].org_id
        try:
            return self._sent(batch, fresh=True)
        except ProduceFailedError as error:
            why = _deferred(error)
            self.ledger.settle(batch, why)
            if not self.ledger.portal_works:
                self.gate.close(Scope.FRESH, why)
            else:
                self._failing(org_id, why)
            return False

    def send_redelivered(self, batch: Batch) -> bool:
        """Send a batch that may have made the portal fail before. True if the portal took it whole.

        If the portal fails on it and is known to work, each of its notices is sent alone. To know, the first
        of them is.
        """
        try:
            return self._sent(batch)
        except ProduceFailedError as error:
            why = _deferred(error)
            if len(batch) == 1:
                self._failed_alone(batch[0], error, why)
            elif not self._failing(batch[0].org_id, why):
                for notice in batch:
                    self.send_redelivered([notice])
            self.ledger.settle(batch, why)
            return False

    def _failing(self, org_id: str, why: Deferred) -> bool:
        """Count a failure of the portal. Whether nothing more is to be sent, of the organisation at least."""
        self.ledger.fail(org_id)
        if self.ledger.portal_failing():
            self.gate.close(Scope.EVERYTHING, why)
        elif self.ledger.failing(org_id):
            self.gate.close(Scope.ORGANISATION, why, org_id)
        else:
            return False
        return True

    def _sent(self, batch: Batch, *, fresh: bool = False) -> bool:
        """Send the batch and bisect it if it is refused. Raises ProduceFailedError."""
        try:
            if self._takes(batch, fresh=fresh, first=True):
                return True
            if len(batch) > 1:
                bisect(batch, self._takes_part, self.ledger.halve)
        except ProduceFailedError as error:
            self._undecided(error)
            raise
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

    def _undecided(self, error: ProduceFailedError | PortalUnavailableError) -> None:
        if not self.ledger.closed:
            self.ledger.outage(error.code)
            self.slow_start.learn(error)

    def _not_allowed(self, org_id: str, error: NotAllowedError) -> None:
        why = Deferred(Reason.NOT_ALLOWED, str(error))
        if isinstance(error, OrganisationNotAllowedError):
            self.gate.close(Scope.ORGANISATION, why, org_id)
            self.ledger.fault(org_id, error.code)
        else:
            self.gate.close(Scope.EVERYTHING, why)
            self.ledger.fault("", error.code)

    def _takes_part(self, part: Batch) -> bool:
        if why := self.gate.search_blocked():
            raise BlockedError(why)
        return self._takes(part)

    def _takes(self, batch: Batch, *, fresh: bool = False, first: bool = False, probe: bool = False) -> bool:
        """One call, or a second if the token is turned down; whether the portal took the batch.

        Raises ProduceError but for a refusal, or BlockedError without having called.
        """
        try:
            try:
                self._call(batch, fresh=fresh, first=first)
            except TokenTurnedDownError:
                self._call(batch, fresh=fresh)
        except ProduceRefusedError as error:
            self._refused(batch, error)
            return False
        self.ledger.accept(batch, probe=probe)
        self.quarantine.accepted(batch[0].org_id)
        return True

    def _call(self, batch: Batch, *, fresh: bool, first: bool = False) -> None:
        if why := self.gate.blocked(batch, fresh=fresh):
            raise BlockedError(why)
        self.ledger.call(batch, first=first)
        self.portal.produce(batch[0].org_id, [notice.wire for notice in batch], self.gate.deadline)

    def _refused(self, batch: Batch, error: ProduceRefusedError) -> None:
        """Enter what the portal said of `batch`: the last word if it is about a notice alone."""
        org_id = batch[0].org_id
        if self.ledger.closed:
            return
        if len(batch) == 1:
            self.ledger.settle(batch, Rejected(error.code, error.message))
            self.quarantine.refused_alone(org_id, error.code)
        if org_id in self.ledger.known_good or not self.quarantine.holds(org_id, error.code):
            return
        self.quarantine.prolong(org_id, error.code)
        if self.gate.close(Scope.QUARANTINE, Deferred(Reason.QUARANTINED, str(error)), org_id):
            self.ledger.fault(org_id, error.code)

    def _failed_alone(self, notice: QueuedNotice, error: ProduceFailedError, why: Deferred) -> None:
        """Reject a notice on which the portal fails again and again while it takes a known good one."""
        if not self.ledger.portal_works:
            self.gate.close(Scope.ORGANISATION, why, notice.org_id)
        if self._failing(notice.org_id, why) or notice.receives < POISON_RECEIVES:
            return
        if all(self._fails_beside(notice, times) for times in PROBES):
            self.ledger.poison(notice.org_id)
            self.ledger.settle([notice], Rejected(error.code, error.message))

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
