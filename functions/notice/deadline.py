"""How much time is left, and calls that share it."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, Self

from relay.settings import Clock

# Calls are to end by the deadline themselves; this much later whatever still runs is left behind.
GRACE_SECONDS = 0.5

# A call is not started with less; connecting, reading and a token fit into it, cut to what is left.
START_SECONDS = 5.0

NO_TIME = "NoTime"
"""Stands in for a vendor's code where a call was not made, or not waited for, because time was over."""


class Deadline(NamedTuple):
    """A moment by which something has to be over."""

    at: float
    clock: Clock

    @classmethod
    def after(cls, seconds: float, clock: Clock) -> Self:
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        """Seconds until then; never negative."""
        return max(0.0, self.at - self.clock())

    def within(self, seconds: float) -> Self:
        """Returns this deadline, or the one in so many seconds if that is sooner."""
        return type(self)(min(self.at, self.clock() + seconds), self.clock)

    def sooner(self, seconds: float) -> Self:
        return type(self)(self.at - seconds, self.clock)


def run_parallel[Item, Answer](
    call: Callable[[Item], Answer], items: Iterable[Item], *, workers: int, deadline: Deadline
) -> list[Answer | None]:
    """`call` on each item as it comes, at most `workers` at once; None for one that was not over in time.

    An item is asked for when it is almost its turn, so that it can be made by what was learned before; or at
    once, when no call can be begun any more.
    """
    threads, hurry = ThreadPoolExecutor(workers), deadline.sooner(START_SECONDS)
    running: list[Future[Answer]] = []
    ahead: set[Future[Answer]] = set()
    try:
        for item in items:
            running.append(threads.submit(call, item))
            ahead.add(running[-1])
            if len(ahead) > workers + 1 and (left := hurry.left()):
                ahead = wait(ahead, left, FIRST_COMPLETED).not_done
        wait(running, timeout=deadline.left() + GRACE_SECONDS)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
    return [each.result() if each.done() and not each.cancelled() else None for each in running]
