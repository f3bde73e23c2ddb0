"""Notices to the portal: the whole of one invocation's sending."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from operator import attrgetter
from time import time

from notice.deadline import Deadline, run_parallel
from notice.dispatch import batches
from notice.dispatch.circuit_breaker import CircuitBreaker, Doubts, beyond_doubt
from notice.dispatch.progress import Progress
from notice.dispatch.sender import Portal, Sender
from notice.outcomes import Accepted, Deferred, Rejected, Report
from notice.queue.records import Notice

WORKERS = 4
SEARCH_CALLS = 400


class Dispatcher:
    """Hands notices to the portal in batches of up to 100, several at once.

    Outlives invocations: it remembers organisations in doubt and when to leave the portal alone.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        workers: int = WORKERS,
        search_calls: int = SEARCH_CALLS,
        clock: Callable[[], float] = time,  # Goes on while Lambda freezes the container.
    ) -> None:
        self._portal, self._workers, self._search_calls = portal, workers, search_calls
        self._doubts = Doubts(clock)
        self._breaker = CircuitBreaker(clock)
        self._suspicious = True

    def dispatch(self, notices: Iterable[Notice], deadline: Deadline) -> Report:
        """Every notice's outcome, by `deadline` at the latest.

        Fresh notices go first, in full batches, while others may still be read: of equal copies the one that
        was received most often has to come first. Suspects, which were received before, follow: one probe
        while the portal is down, full speed a few calls after it is up. They start in small batches that
        double as the portal takes them, unless what failed here last was no fault of theirs: a portal that
        limits the rate of calls is owed as few calls as possible.
        """
        progress = Progress(deadline, self._doubts, search_calls=self._search_calls)
        pause = self._breaker.seconds_open()
        if pause:
            progress.halt(Deferred("the portal is left alone for a while", pause))
        sending = Sending(Sender(self._portal, progress), progress, self._workers, self._suspicious)
        later = sending.send(notices)
        while later:
            later = sending.send(later)
        report = progress.close(sending.met)
        if not pause:
            self._learn(report)
        return report

    def _learn(self, report: Report) -> None:
        asked = [one.retry_after or 0.0 for one in report.outcomes.values() if isinstance(one, Deferred)]
        self._breaker.learn(
            accepted=Accepted() in report.outcomes.values(),
            failed=bool(report.outages) or any(not org_id for org_id, _ in report.faults),
            asked=max(asked, default=0.0),
        )
        self._suspicious = self._suspicious if report.broke is None else report.broke


class Sending:
    """One invocation's threads and the order in which they send."""

    def __init__(self, sender: Sender, progress: Progress, workers: int, suspicious: bool) -> None:
        self._sender, self._progress = sender, progress
        self._first_boost = 1 if suspicious else batches.BATCH_LIMIT
        self._workers = workers
        self.met: dict[Notice, None] = {}
        """All that came, equal copies once."""
        self._sent: list[Notice] = []
        self._waiting: set[tuple[str, str]] = set()

    def send(self, notices: Iterable[Notice]) -> list[Notice]:
        """Send of each messageId the notice that comes first; what is left then, whose turn is next.

        Different notices under one messageId go in turn, for the portal keeps the content of the first.
        """
        # Only here, and not after the last turn: most invocations have but one.
        self._waiting |= {_key(notice) for notice in self._sent if not self._is_over(notice)}
        self._sent = []
        suspects: list[Notice] = []
        later: list[Notice] = []
        run = partial(run_parallel, workers=self._workers, deadline=self._progress.deadline)
        fresh = self._fresh(notices, suspects, later)
        run(self._sender.send, batches.full(fresh, by=attrgetter("org_id")))
        for rest in run(self._ramp, [batches.in_changing_order(suspects)]):
            run(self._sender.send_suspects, batches.full(rest or (), by=_company))
        return later

    def _fresh(
        self, notices: Iterable[Notice], suspects: list[Notice], later: list[Notice]
    ) -> Iterator[Notice]:
        """The fresh ones as they come; the others are put where they belong."""
        keys: set[tuple[str, str]] = set()
        for notice in notices:
            key = _key(notice)
            if key in keys:
                if notice not in self.met:  # Else it is an equal copy, and shares the outcome.
                    later.append(notice)
                continue
            keys.add(key)
            self.met[notice] = None
            if key in self._waiting:
                self._progress.settle([notice], Deferred("an earlier notice of its messageId waits"))
                continue
            self._sent.append(notice)
            if notice.receives > 1:
                suspects.append(notice)
            else:
                yield notice

    def _ramp(self, suspects: list[Notice]) -> list[Notice]:
        """Send suspects one batch after the other until batches are full; what is left then."""
        boost, groups, probed = self._first_boost, batches.grouped(suspects, by=_company).values(), False
        for waiting in groups:
            while waiting and (boost < batches.BATCH_LIMIT or not probed):
                batch = batches.next_suspects(waiting, boost)
                del waiting[: len(batch)]
                probed = self._sender.send_suspects(batch)
                boost *= 2 if probed else 1
        return list(chain.from_iterable(groups))

    def _is_over(self, notice: Notice) -> bool:
        return isinstance(self._progress.outcome(notice), Accepted | Rejected)


def _company(notice: Notice) -> tuple[str, bool]:
    """Which suspects may share a batch: those beyond doubt go apart, for no doubt stops them."""
    return notice.org_id, beyond_doubt(notice)


def _key(notice: Notice) -> tuple[str, str]:
    return notice.org_id, notice.message_id
