"""Sends batches, and finds out which notice is at fault when one is not taken."""

from typing import Protocol

from notice.deadline import Deadline
from notice.dispatch import batches
from notice.dispatch.batches import Batch
from notice.dispatch.failures import Failures
from notice.dispatch.progress import Progress
from notice.outcomes import Deferred, Rejected
from notice.portal.answers import (
    ProduceNotAllowedError,
    ProduceRefusedError,
    ProduceUnavailableError,
    TokenTurnedDownError,
)
from notice.queue.records import Notice

# A suspect that broke the portal this often, alone, while others were taken, is a culprit.
CULPRIT_RECEIVES = 8
# Before each further look, the portal takes this many notices that it took before. Uneven, so that a portal
# which fails at regular intervals is not mistaken for a broken notice.
CONTROLS = (1, 2)


class Portal(Protocol):
    """Takes a batch or raises ProduceError: see `notice.portal.client.PortalClient.produce`."""

    def produce(self, org_id: str, body: bytes, deadline: Deadline) -> None: ...


class BlockedError(Exception):
    """No further call may be made for this batch: what is undecided in it waits."""

    def __init__(self, why: Deferred) -> None:
        super().__init__(why.reason)
        self.why = why


class Sender:
    """One invocation's way to the portal; safe to use from several threads."""

    def __init__(self, portal: Portal, progress: Progress) -> None:
        self._portal, self._progress = portal, progress
        self._failures = Failures()

    def send(self, batch: Batch) -> bool:
        """Send a batch that the portal should not mind. True if the portal took it whole.

        A refused one is searched for its culprits. When nobody knows, it is not divided: it comes back among
        the suspects. Of the other fresh ones none is sent after it, unless the portal is known to be at work.
        """
        org_id = batch[0].org_id
        why = self._progress.fresh_stop(org_id)
        if why:
            self._progress.settle(batch, why)
            return False
        try:
            return self._settled(batch)
        except ProduceUnavailableError as error:
            why = self._progress.unavailable(error)
            self._progress.settle(batch, why)
            if not _may_be_a_notices_fault(error):
                self._progress.halt(why)
            elif not self._failures.at_work:
                self._progress.stop_fresh(None, why)
            elif self._over(org_id, why):
                self._progress.stop_fresh(org_id, why)
            return False

    def send_suspects(self, batch: Batch) -> bool:
        """Send a batch that may have made the portal fail before. True if the portal took it whole.

        If the portal fails on it and is known to be at work, each of its notices is sent alone. To know, the
        first of them is.
        """
        try:
            return self._settled(batch)
        except ProduceUnavailableError as error:
            why = self._progress.unavailable(error)
            if not _may_be_a_notices_fault(error):
                self._progress.halt(why)
            elif len(batch) == 1:
                self._accuse(batch[0], error, why)
            elif not self._over(batch[0].org_id, why):
                for notice in batch:
                    self.send_suspects([notice])
            self._progress.settle(batch, why)
            return False

    def _over(self, org_id: str, why: Deferred) -> bool:
        """Count a failing of the portal. Whether nothing more is to be sent, of the organisation at least."""
        self._failures.fail(org_id)
        if self._failures.outage():
            self._progress.halt(why)
            return True
        if self._failures.too_many(org_id):
            self._progress.stop_org(org_id, why)
            return True
        return False

    def _settled(self, batch: Batch) -> bool:
        """Send the batch and search it if need be. Raises ProduceUnavailableError."""
        try:
            if self._takes(batch, first=True):
                return True
            if len(batch) > 1:
                batches.isolate(batch, self._found_good, self._progress.halved)
        except ProduceNotAllowedError as error:
            self._progress.not_allowed(batch[0].org_id, error)
        except BlockedError as hindered:
            self._progress.settle(batch, hindered.why)
        return False

    def _found_good(self, part: Batch) -> bool:
        if not self._progress.may_search():
            raise BlockedError(Deferred("the search for culprits took too many calls"))
        return self._takes(part)

    def _takes(self, batch: Batch, *, first: bool = False) -> bool:
        accepted = self._accepts(batch, first=first)
        if accepted:
            self._failures.take(batch[0].org_id)
        return accepted

    def _accepts(self, batch: Batch, *, first: bool = False) -> bool:
        """One call, or a second if the token is turned down.

        Raises ProduceUnavailableError, ProduceNotAllowedError, or BlockedError without having called.
        """
        try:
            self._call(batch, first=first)
        except ProduceRefusedError as error:
            self._progress.refuse(batch, error)
            return False
        self._progress.accept(batch)
        return True

    def _call(self, batch: Batch, *, first: bool = False) -> None:
        why = self._progress.hindrance(batch)
        if why:
            raise BlockedError(why)
        try:
            self._produce(batch, first=first)
        except TokenTurnedDownError:
            why = self._progress.hindrance(batch)
            if why:
                raise BlockedError(why) from None
            self._produce(batch, first=False)

    def _produce(self, batch: Batch, *, first: bool) -> None:
        self._progress.started(batch, first=first)
        self._portal.produce(batch[0].org_id, batches.body(batch), self._progress.deadline)

    def _accuse(self, notice: Notice, error: ProduceUnavailableError, why: Deferred) -> None:
        """Reject a notice that again and again breaks a portal which takes another of its organisation."""
        if not self._failures.at_work:
            self._progress.stop_org(notice.org_id, why)
        if self._over(notice.org_id, why) or notice.receives < CULPRIT_RECEIVES:
            return
        if all(self._breaks_the_portal(notice, controls) for controls in CONTROLS):
            self._failures.convict(notice.org_id)
            self._progress.settle([notice], Rejected(error.code, error.message))

    def _breaks_the_portal(self, notice: Notice, controls: int) -> bool:
        """Whether the portal, taking again what it took before, still fails on this notice.

        Sending an accepted notice again is safe: the portal skips the users who have had it.
        """
        control = self._progress.control(notice.org_id)
        try:
            if control is None or not all(self._accepts([control]) for _ in range(controls)):
                return False
        except (ProduceUnavailableError, ProduceNotAllowedError, BlockedError):
            return False
        try:
            self._accepts([notice])
        except ProduceUnavailableError as error:
            return error.answered
        except (ProduceNotAllowedError, BlockedError):
            return False
        return False


def _may_be_a_notices_fault(error: ProduceUnavailableError) -> bool:
    """Whether the portal failed in its own words, and did not ask to come back later."""
    return error.answered and error.retry_after is None
