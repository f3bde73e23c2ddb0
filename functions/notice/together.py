"""Several blocking calls at once, and no longer than there is time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

from notice.deadline import Deadline

# Calls are to end by the deadline themselves; this much later whatever still runs is left behind.
GRACE_SECONDS = 0.5


def together[Item, Answer](
    call: Callable[[Item], Answer], items: Iterable[Item], *, workers: int, deadline: Deadline
) -> list[Answer | None]:
    """`call` on each item, at most `workers` at once; None for an item that was not over in time."""
    threads = ThreadPoolExecutor(workers)
    running = [threads.submit(call, item) for item in items]
    wait(running, timeout=deadline.left() + GRACE_SECONDS)
    threads.shutdown(wait=False, cancel_futures=True)
    return [each.result() if each.done() and not each.cancelled() else None for each in running]
