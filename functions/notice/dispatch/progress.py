"""What one invocation knows so far of its notices and of the portal."""

from collections.abc import Collection, Iterable, Sequence
from threading import RLock

from notice.deadline import Deadline
from notice.dispatch.circuit_breaker import Doubts, beyond_doubt
from notice.outcomes import Accepted, Deferred, Outcome, Rejected, Report
from notice.portal.answers import ProduceNotAllowedError, ProduceRefusedError, ProduceUnavailableError
from notice.queue.records import Notice

# A call is not started with less; connect, read and a token fit into it, cut to what is left.
START_SECONDS = 5.0
OUT_OF_TIME = Deferred("no time left")
UNPROVEN = Deferred("refused, and nothing of its organisation was accepted lately")


class Progress:
    """One invocation's knowledge, shared by its threads. A notice's first outcome is its only one."""

    def __init__(self, deadline: Deadline, doubts: Doubts, *, search_calls: int) -> None:
        self.deadline, self._doubts = deadline, doubts
        self._search_calls = search_calls
        self._lock = RLock()
        self._report = Report()
        self._stop: Deferred | None = None
        self._fresh_stop: Deferred | None = None
        self._fresh_stopped_orgs: dict[str, Deferred] = {}
        self._stopped_orgs: dict[str, Deferred] = {}
        self._doubted_orgs: dict[str, Deferred] = {}
        self._accepted: dict[str, Notice] = {}
        self._closed = False

    def hindrance(self, batch: Sequence[Notice]) -> Deferred | None:
        """Why no call may be started for this batch, if none may."""
        org_id = batch[0].org_id
        with self._lock:
            late = OUT_OF_TIME if self._closed or self.deadline.left() < START_SECONDS else None
            doubt = None if all(map(beyond_doubt, batch)) else self._doubted_orgs.get(org_id)
            return self._stop or self._stopped_orgs.get(org_id) or doubt or late

    def fresh_stop(self, org_id: str) -> Deferred | None:
        """Why no fresh batch of the organisation may be sent, if none may."""
        with self._lock:
            return self._fresh_stop or self._fresh_stopped_orgs.get(org_id)

    def control(self, org_id: str) -> Notice | None:
        """A notice of the organisation that the portal took in this invocation: proof that it can."""
        with self._lock:
            return self._accepted.get(org_id)

    def may_search(self) -> bool:
        """Take one call from the budget for searches."""
        with self._lock:
            self._search_calls -= 1
            return self._search_calls >= 0

    def outcome(self, notice: Notice) -> Outcome | None:
        with self._lock:
            return self._report.outcomes.get(notice)

    def started(self, batch: Sequence[Notice], *, first: bool) -> None:
        with self._lock:
            if self._closed:
                return
            self._report.calls += 1
            if first:
                self._report.batch_sizes.append(len(batch))

    def halved(self) -> None:
        with self._lock:
            self._report.halvings += not self._closed

    def accept(self, batch: Sequence[Notice]) -> None:
        with self._lock:
            self._settle(batch, Accepted())
            self._accepted[batch[0].org_id] = batch[0]
            self._doubts.lift(batch[0].org_id)

    def refuse(self, batch: Sequence[Notice], error: ProduceRefusedError) -> None:
        """The portal's own word about `batch`: the last one if it is about a notice alone.

        When nothing of the organisation was accepted and the last few notices that stood alone were refused
        with one code, or are still doubted from before, the organisation is left for later as a whole; only
        what is beyond doubt, having been received so often, is still sent, and rejected when it stands alone.
        """
        org_id = batch[0].org_id
        with self._lock:
            if self._closed:
                return
            if len(batch) == 1:
                self._settle(batch, Rejected(error.code, error.message))
                self._doubts.refused(org_id, error.code)
            if org_id in self._accepted or not self._doubts.stands(org_id, error.code):
                return
            self._doubts.add(org_id, error.code)
            if org_id not in self._doubted_orgs:
                self._blame(org_id, error.code)
            self._doubted_orgs[org_id] = Deferred(f"everything of this organisation is refused: {error}")

    def not_allowed(self, org_id: str, error: ProduceNotAllowedError) -> None:
        with self._lock:
            if self._closed:
                return
            why = Deferred(f"not allowed: {error}")
            self._blame("" if error.everywhere else org_id, error.code)
            if error.everywhere:
                self._stop = self._stop or why
            else:
                self._stopped_orgs[org_id] = why

    def unavailable(self, error: ProduceUnavailableError) -> Deferred:
        with self._lock:
            if not self._closed:
                self._report.outages[error.code] += 1
                self._report.broke = error.answered
            return Deferred(f"unavailable: {error}", error.retry_after)

    def stop_fresh(self, org_id: str | None, why: Deferred) -> None:
        """Send no more fresh batches of an organisation, or of any."""
        with self._lock:
            if org_id is None:
                self._fresh_stop = self._fresh_stop or why
            else:
                self._fresh_stopped_orgs.setdefault(org_id, why)

    def stop_org(self, org_id: str, why: Deferred) -> None:
        with self._lock:
            self._stopped_orgs.setdefault(org_id, why)

    def halt(self, why: Deferred) -> None:
        with self._lock:
            self._stop = self._stop or why

    def settle(self, batch: Iterable[Notice], outcome: Outcome) -> None:
        """Give `outcome` to the notices of `batch` that have none."""
        with self._lock:
            self._settle(batch, outcome)

    def close(self, notices: Collection[Notice]) -> Report:
        """End it: who is undecided is deferred, and what a straggling thread still learns is ignored."""
        with self._lock:
            self._closed = True
            outcomes = self._report.outcomes
            for notice in notices if len(outcomes) < len(notices) else ():
                if notice not in outcomes:
                    outcomes[notice] = self._org_stop(notice.org_id) or self._stop or OUT_OF_TIME
            for notice, outcome in outcomes.items():
                if isinstance(outcome, Rejected):
                    outcomes[notice] = self._doubt_about(notice) or outcome
            return self._report

    def _org_stop(self, org_id: str) -> Deferred | None:
        return self._stopped_orgs.get(org_id) or self._doubted_orgs.get(org_id)

    def _doubt_about(self, notice: Notice) -> Deferred | None:
        """Why a refusal of this notice alone is not believed, if it is not."""
        org_id = notice.org_id
        if org_id in self._accepted or beyond_doubt(notice):
            return None
        if org_id in self._doubted_orgs or notice.receives == 1:
            return self._doubted_orgs.get(org_id)
        # Whoever doubted it before may have been another container.
        return None if self._doubts.trusts(org_id) else UNPROVEN

    def _settle(self, batch: Iterable[Notice], outcome: Outcome) -> None:
        for notice in batch:
            self._report.outcomes.setdefault(notice, outcome)

    def _blame(self, org_id: str, code: str) -> None:
        self._report.faults[org_id, code] += 1
