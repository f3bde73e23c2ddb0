"""Notices to the portal: the whole of one invocation's sending."""

from collections.abc import Collection, Iterable
from functools import partial

from notice.deadline import Deadline, run_parallel
from notice.dispatch.batches import Rounds, full
from notice.dispatch.circuit_breaker import CircuitBreaker
from notice.dispatch.gate import OUT_OF_TIME, Gate, Scope
from notice.dispatch.ledger import Ledger, Report
from notice.dispatch.limits import BatchLimits
from notice.dispatch.quarantine import Quarantine
from notice.dispatch.sender import Portal, Sender
from notice.dispatch.slow_start import SlowStart, company, in_changing_order, send_slowly
from notice.outcomes import Accepted, Deferred, Reason, Rejected
from notice.queue.records import QueuedNotice
from relay.settings import Clock

WORKERS = 4
SEARCH_CALLS = 400


class Dispatcher:
    """Hands notices to the portal in batches of up to 100, several at once.

    Outlives invocations: it remembers organisations in quarantine, how large their batches may be, and when
    to leave the portal alone.
    """

    def __init__(
        self,
        portal: Portal,
        *,
        clock: Clock,  # Goes on while Lambda freezes the container.
        workers: int = WORKERS,
        search_calls: int = SEARCH_CALLS,
    ) -> None:
        self._portal, self._workers, self._search_calls = portal, workers, search_calls
        self._quarantine = Quarantine(clock)
        self._breaker = CircuitBreaker(clock)
        self._slow_start = SlowStart()
        self._limits = BatchLimits()
        self._doubtful = False

    def dispatch(self, notices: Iterable[QueuedNotice], deadline: Deadline) -> Report:
        """Returns every notice's outcome, by `deadline` at the latest.

        Fresh notices go first, in full batches, while others may still be read: of equal copies the one that
        was received most often has to come first. Redelivered ones follow, and then what the portal failed
        on, in smaller batches: one probe while the portal is down, full speed a few calls after it is up.
        """
        self._limits.begin()
        gate, ledger = Gate(deadline, self._search_calls), Ledger(doubtful=self._doubtful)
        paused = self._breaker.seconds_open()
        if paused:
            gate.close(Scope.EVERYTHING, Deferred(Reason.PAUSED, retry_after=paused))
        rounds, factor = Rounds(ledger, self._limits.next_size), self._slow_start.factor
        sender = Sender(self._portal, gate, ledger, self._quarantine, self._slow_start, self._limits)
        run = partial(run_parallel, workers=self._workers, deadline=deadline)
        waiting = notices
        while True:
            run(sender.send, rounds.fresh(waiting))
            if rounds.redelivered:
                slowly = partial(send_slowly, sender.send, factor, self._limits.size)
                (rest,) = run(slowly, [in_changing_order(rounds.redelivered)])
                run(sender.send, full(rest or (), company, self._limits.next_size))
            while batches := sender.next_batches():
                run(sender.send_now, batches)
            if not rounds.later:
                break
            waiting = rounds.later
        report = ledger.close()
        self._decide(rounds.met, gate, ledger)
        if not paused:
            self._learn(report, ledger)
        return report

    def _decide(self, met: Collection[QueuedNotice], gate: Gate, ledger: Ledger) -> None:
        """Give an outcome to each notice that has none, and defer those whose refusal is not believed."""
        outcomes = ledger.report.outcomes
        for notice in met if len(outcomes) < len(met) else ():
            if notice not in outcomes:
                outcomes[notice] = gate.blocked([notice]) or OUT_OF_TIME
        for notice, outcome in outcomes.items():
            if isinstance(outcome, Rejected):
                held = gate.quarantined(notice.org_id)
                known_good = ledger.known_good.get(notice.org_id)
                deferral = self._quarantine.deferral(notice, held=held, known_good=known_good)
                outcomes[notice] = deferral or outcome

    def _learn(self, report: Report, ledger: Ledger) -> None:
        asked = [one.retry_after or 0.0 for one in report.outcomes.values() if isinstance(one, Deferred)]
        accepted = Accepted() in report.outcomes.values()
        failed = bool(report.outages) or "" in {org_id for org_id, _ in report.faults}
        self._doubtful = not accepted and (failed or ledger.doubtful)
        self._breaker.learn(accepted=accepted, failed=failed, asked=max(asked, default=0.0))
