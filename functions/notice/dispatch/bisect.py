"""Finds the poison notices in a batch that the portal refuses."""

from collections.abc import Callable, Iterator
from itertools import chain

from notice.dispatch.batches import Batch
from notice.queue.records import QueuedNotice

type Accepts = Callable[[Batch], bool]


def bisect(refused: Batch, accepts: Accepts, halved: Callable[[], None]) -> None:
    """Ask about parts of a `refused` batch until each poison notice has stood alone and the rest is accepted.

    `accepts` sends one part and says whether the portal took it; it raises to end the search. A refused part
    is searched for one poison notice; what that leaves undecided is set aside and asked about together, which
    takes a call or two if there is no other. How much is asked about at once follows how densely they lie:
    half as much after each of them, twice as much after each acceptance. The last of a part is looked for and
    the first in turn: many poison notices side by side do not hide that the rest is good.

    k poison notices among n, 100 at most, cost at most k(5 + log2(n/k)) calls, the one that refused the batch
    included; one among 100 costs 11 at most and 9.6 on average.
    """
    rest, size, last = refused, len(refused), True
    while rest:
        part, rest = rest[:size], rest[size:]
        if len(part) < len(refused) and accepts(part):
            size *= 2
        else:
            rest = [*_find_one(part, accepts, halved, last=last), *rest]
            size, last = max(1, len(part) // 2), not last


def _find_one(
    refused: Batch, accepts: Accepts, halved: Callable[[], None], *, last: bool
) -> Iterator[QueuedNotice]:
    """Find the last poison notice of a `refused` part, or the first. Returns what is still undecided then.

    When a half is accepted the other is known to be refused, and is halved without asking; but a notice that
    stands alone is always asked about, so that the answer is about it.
    """
    part, asked = refused, True
    set_aside: list[Batch] = []
    while len(part) > 1:
        halved()
        count = len(part) // 2  # The smaller half: if it is one notice, that is not asked about again.
        half, other = (part[-count:], part[:-count]) if last else (part[:count], part[count:])
        asked = not accepts(half)
        if asked:
            set_aside.append(other)
        part = half if asked else other
    if not asked:
        accepts(part)
    return chain.from_iterable(set_aside if last else reversed(set_aside))
