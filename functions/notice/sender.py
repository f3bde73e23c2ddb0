"""Sends batches, and finds out which notice is at fault when one is not taken."""

from typing import Protocol

from notice import batches
from notice.answers import ProduceNotAllowed, ProduceRefused, ProduceUnavailable
from notice.batches import Batch
from notice.deadline import Deadline
from notice.outcomes import Deferred, Rejected
from notice.progress import Progress
from notice.records import Notice

# A suspect that broke the portal this often, alone, while others were taken, is a culprit.
CULPRIT_RECEIVES = 8
# Before each further look, the portal takes this many notices that it took before. Uneven, so that a portal
# which fails at regular intervals is not mistaken for a broken notice.
CONTROLS = (1, 2)
# Answers like 500 that an invocation puts down to suspects before it puts them down to the portal.
FAILURES = 3


class Portal(Protocol):
    """Takes a batch or raises ProduceError: see `notice.client.PortalClient.produce`."""

    def produce(self, org_id: str, body: bytes, deadline: Deadline) -> None: ...


class Hindered(Exception):
    """No further call may be made for this batch: what is undecided in it waits."""

    def __init__(self, why: Deferred) -> None:
        super().__init__(why.reason)
        self.why = why


class Sender:
    """One invocation's way to the portal; safe to use from several threads."""

    def __init__(self, portal: Portal, progress: Progress) -> None:
        self._portal, self._progress = portal, progress
        self._failures = 0

    def send(self, batch: Batch) -> bool:
        """Send a batch that the portal should not mind. True if the portal took it whole.

        A refused one is searched for its culprits. When nobody knows, it is not divided, and nothing more is
        sent in this invocation.
        """
        try:
            return self._settled(batch)
        except ProduceUnavailable as error:
            self._progress.settle(batch, self._progress.unavailable(error, stop=True))
            return False

    def send_suspects(self, batch: Batch) -> bool:
        """Send a batch that may have made the portal fail before. True if the portal took it whole.

        If the portal fails on it although it took something else just now, each of its notices is sent alone.
        """
        try:
            return self._settled(batch)
        except ProduceUnavailable as error:
            if not self._may_be_its_own_fault(error):
                self._progress.settle(batch, self._progress.unavailable(error, stop=True))
            elif len(batch) == 1:
                self._accuse(batch[0], error)
            else:
                self._progress.unavailable(error, stop=False)
                for notice in batch:
                    self.send_suspects([notice])
            return False

    def _settled(self, batch: Batch) -> bool:
        """Send the batch and search it if need be. Raises ProduceUnavailable."""
        try:
            if self._accepts(batch, first=True):
                return True
            if len(batch) > 1:
                batches.isolate(batch, self._found_good, self._progress.halved)
        except ProduceNotAllowed as error:
            self._progress.not_allowed(batch[0].org_id, error)
        except Hindered as hindered:
            self._progress.settle(batch, hindered.why)
        return False

    def _found_good(self, part: Batch) -> bool:
        if not self._progress.may_search():
            raise Hindered(Deferred("the search for culprits took too many calls"))
        return self._accepts(part)

    def _accepts(self, batch: Batch, *, first: bool = False) -> bool:
        """One call. Raises ProduceUnavailable, ProduceNotAllowed, or Hindered without having called."""
        try:
            self._call(batch, first=first)
        except ProduceRefused as error:
            self._progress.refuse(batch, error)
            return False
        self._progress.accept(batch)
        return True

    def _call(self, batch: Batch, *, first: bool = False) -> None:
        why = self._progress.hindrance(batch)
        if why:
            raise Hindered(why)
        self._progress.started(batch, first=first)
        self._portal.produce(batch[0].org_id, batches.body(batch), self._progress.deadline)

    def _may_be_its_own_fault(self, error: ProduceUnavailable) -> bool:
        self._failures += 1
        known_at_work = self._progress.control is not None
        return error.answered and error.retry_after is None and known_at_work and self._failures <= FAILURES

    def _accuse(self, notice: Notice, error: ProduceUnavailable) -> None:
        """Reject a notice that again and again breaks a portal which takes another in between."""
        why = self._progress.unavailable(error, stop=False)
        confirmed = notice.receives >= CULPRIT_RECEIVES and all(
            self._breaks_the_portal(notice, controls) for controls in CONTROLS
        )
        self._progress.settle([notice], Rejected(error.code, error.message) if confirmed else why)

    def _breaks_the_portal(self, notice: Notice, controls: int) -> bool:
        """Whether the portal, taking again what it took before, still fails on this notice.

        Sending an accepted notice again is safe: the portal skips the users who have had it.
        """
        control = self._progress.control
        try:
            if control is None or not all(self._accepts([control]) for _ in range(controls)):
                return False
        except (ProduceUnavailable, ProduceNotAllowed, Hindered):
            return False
        try:
            self._accepts([notice])
        except ProduceUnavailable as error:
            return error.answered
        except (ProduceNotAllowed, Hindered):
            return False
        return False
