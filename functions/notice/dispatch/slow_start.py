"""Redelivered notices in small batches at first: one of them may have made the portal fail before."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import chain

from notice.dispatch.batches import BATCH_LIMIT, Batch, Size, fitting, grouped
from notice.dispatch.quarantine import overdue
from notice.portal.errors import PortalUnavailableError, ProduceFailedError
from notice.queue.records import QueuedNotice

# How many notices a batch may hold at first, by how often its first one was received.
_BY_RECEIVES = (100, 100, 50, 25, 12, 6, 3, 1)


class SlowStart:
    """Whether batches start small, remembered from one invocation to the next.

    They do, unless the last trouble was an outage: a portal that limits the rate of calls is owed as few as
    possible.
    """

    def __init__(self) -> None:
        self.factor = 1
        """How many times its small size the next invocation's first batch has."""

    def learn(self, trouble: ProduceFailedError | PortalUnavailableError) -> None:
        """Learn from the last error that left a batch undecided."""
        self.factor = 1 if isinstance(trouble, ProduceFailedError) else BATCH_LIMIT


def send_slowly(
    send: Callable[[Batch], bool], factor: int, size: Size, redelivered: Iterable[QueuedNotice]
) -> list[QueuedNotice]:
    """Send one batch after the other until batches are full. Returns the notices that wait then.

    `send` says whether the portal took a batch. The first batch has `factor` times its small size, and each
    that is taken doubles it; none has more than its organisation's `size`.
    """
    groups, probed = grouped(redelivered, by=company).values(), False
    for waiting in groups:
        while waiting and (factor < BATCH_LIMIT or not probed):
            batch = _next_batch(waiting, factor, size(waiting[0].org_id))
            del waiting[: len(batch)]
            probed = send(batch)
            factor *= 2 if probed else 1
    return list(chain.from_iterable(groups))


def company(notice: QueuedNotice) -> tuple[str, bool]:
    """Returns what redelivered notices of one batch have in common: no quarantine stops the overdue."""
    return notice.org_id, overdue(notice)


def _next_batch(waiting: Sequence[QueuedNotice], factor: int, size: int) -> Batch:
    """The next batch from the front of one organisation's notices."""
    count = 0
    for notice in waiting[:size]:
        if count and count >= factor * _BY_RECEIVES[min(notice.receives, len(_BY_RECEIVES) - 1)]:
            break
        count += 1
    return waiting[: fitting(waiting[:count])]


def in_changing_order(redelivered: Iterable[QueuedNotice]) -> list[QueuedNotice]:
    """Returns the least received first, in another order at every receive.

    At every odd one it is the one of the receive before turned round: none is behind another three times in a
    row. Notices of one record stay together, because only a record of which all is decided leaves the queue.
    """

    def place(one: QueuedNotice) -> tuple[int, int, str, int]:
        return one.receives, shuffled(one, one.record_id), one.record_id, shuffled(one, one.message_id)

    def shuffled(one: QueuedNotice, name: str) -> int:
        # Checksums of names alike would stand in one order for many receives.
        digest = blake2b(f"{one.receives // 2} {name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) * (-1 if one.receives % 2 else 1)

    return sorted(redelivered, key=place)
