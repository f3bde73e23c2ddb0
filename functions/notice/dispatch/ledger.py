"""What became of each notice in one invocation, and what the calls came to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from notice.outcomes import Accepted, Outcome
from notice.queue.records import QueuedNotice

# Failures on an organisation's notices alone that are put down to them before anything else, and how many
# calls have to be taken for each further one.
FAILURES, TAKEN_FOR_ONE = 3, 4
# Organisations on which the portal may fail before it is known to be at work at all.
UNPROVEN = 2


@dataclass(slots=True)
class Report:
    """What an invocation did: an outcome for each notice, and what is worth counting or saying."""

    outcomes: dict[QueuedNotice, Outcome] = field(default_factory=dict)
    calls: int = 0
    halvings: int = 0
    batch_sizes: list[int] = field(default_factory=list)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Configuration at fault: organisation ("" for all) and code."""
    outages: Counter[str] = field(default_factory=Counter)
    """Codes of the failures, or of absent answers, that left batches undecided."""


@dataclass(slots=True, eq=False, repr=False)
class Ledger:
    """The books of one invocation, shared by its threads. A notice's first outcome is its only one.

    Once `closed`, what a straggling thread still learns is left out.
    """

    report: Report = field(default_factory=Report)
    closed: bool = False
    doubtful: bool = False
    """Whether the last invocation got nothing through."""
    known_good: dict[str, QueuedNotice] = field(default_factory=dict)
    """By organisation, a notice that the portal took in this invocation."""
    largest: Counter[str] = field(default_factory=Counter)
    """By organisation, how many notices the portal took in one batch."""
    _taken: Counter[str] = field(default_factory=Counter)
    _failed: Counter[str] = field(default_factory=Counter)
    _poison: Counter[str] = field(default_factory=Counter)
    _failed_in_a_row: int = 0
    _lock: Lock = field(default_factory=Lock)

    def call(self, batch: Sequence[QueuedNotice], *, first: bool) -> None:
        """Count a call; the `first` one for a batch has its size counted too."""
        with self._lock:
            if not self.closed:
                self.report.calls += 1
                self.report.batch_sizes += [len(batch)] if first else []

    def halve(self) -> None:
        """Count a batch taken apart."""
        with self._lock:
            self.report.halvings += not self.closed

    def settle(self, batch: Iterable[QueuedNotice], outcome: Outcome) -> None:
        """Give `outcome` to the notices of `batch` that have none."""
        with self._lock:
            if not self.closed:
                for notice in batch:
                    self.report.outcomes.setdefault(notice, outcome)

    def accept(self, batch: Sequence[QueuedNotice], *, probe: bool = False) -> None:
        """Enter a batch that the portal took. A `probe` shows nothing of the portal's work."""
        self.settle(batch, Accepted())
        with self._lock:
            if self.closed:
                return
            org_id = batch[0].org_id
            self.known_good[org_id] = batch[0]
            self.largest[org_id] = max(self.largest[org_id], len(batch))
            if not probe:
                self._taken[org_id] += 1
                self._failed_in_a_row = 0

    def answered(self) -> None:
        """Enter a refusal: the portal is at work."""
        with self._lock:
            self._failed_in_a_row, self.doubtful = 0, False

    def fail(self, batch: Sequence[QueuedNotice]) -> None:
        """Count a failure of the portal on a notice alone, or on a batch.

        A batch of which others were taken is no sign that the portal is down: it is made smaller.
        """
        org_id, alone = batch[0].org_id, len(batch) == 1
        with self._lock:
            self._failed[org_id] += alone
            self._failed_in_a_row += alone or org_id not in self.known_good

    def poison(self, org_id: str) -> None:
        """Count a notice that was found to account for the last failure."""
        with self._lock:
            self._poison[org_id] += 1
            self._failed_in_a_row -= 1

    def outage(self, code: str) -> None:
        """Count an error that leaves a batch undecided."""
        with self._lock:
            if not self.closed:
                self.report.outages[code] += 1

    def fault(self, org_id: str, code: str) -> None:
        """Count a fault of the configuration; of no organisation's in particular if `org_id` is empty."""
        with self._lock:
            if not self.closed:
                self.report.faults[org_id, code] += 1

    def outcome(self, notice: QueuedNotice) -> Outcome | None:
        """Returns the notice's outcome, if it has one."""
        return self.report.outcomes.get(notice)

    @property
    def portal_works(self) -> bool:
        """Whether the portal took anything in this invocation."""
        return bool(self._taken)

    def in_doubt(self) -> bool:
        """Whether the portal may be down: only one call at a time is to be made until something is taken."""
        if self._taken:
            return self._failed_in_a_row > 2 * FAILURES
        return self.doubtful or self._failed_in_a_row > 0

    def failing(self, org_id: str) -> bool:
        """Whether the portal fails on more notices of an organisation than can be at fault."""
        allowed = FAILURES + self._taken[org_id] // TAKEN_FOR_ONE
        return self._failed[org_id] - self._poison[org_id] > allowed

    def portal_failing(self) -> bool:
        """Whether the portal fails on more than any organisation can account for."""
        return self.in_doubt() if self._taken else sum(map(bool, self._failed.values())) >= UNPROVEN

    def close(self) -> Report:
        """Returns what became of the notices so far; from now on nothing is entered."""
        with self._lock:
            self.closed = True
            return self.report
