"""Notices put together into produce calls, and a refused batch taken apart again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from zlib import crc32

from notice.queue.records import Notice

BATCH_LIMIT = 100
BATCH_BYTES = 1_000_000

# Suspects travel apart: how many notices a batch may hold by how often its notices were received.
_BY_RECEIVES = (100, 100, 50, 25, 12, 6, 3, 1)

type Batch = Sequence[Notice]
type Accepts = Callable[[Batch], bool]


def grouped[Key](notices: Iterable[Notice], by: Callable[[Notice], Key]) -> dict[Key, list[Notice]]:
    groups: dict[Key, list[Notice]] = {}
    for notice in notices:
        groups.setdefault(by(notice), []).append(notice)
    return groups


def full[Key](notices: Iterable[Notice], by: Callable[[Notice], Key]) -> Iterator[Batch]:
    """Batches of at most BATCH_LIMIT notices and BATCH_BYTES, each once it is full; at the end the rest.

    Only what is alike `by` something shares a batch. A notice that is larger than BATCH_BYTES travels alone.
    """
    groups: dict[Key, list[Notice]] = {}
    for notice in notices:
        group = groups.setdefault(by(notice), [])
        group.append(notice)
        if len(group) == BATCH_LIMIT:
            yield _taken(group)
    for group in groups.values():
        while group:
            yield _taken(group)


def _taken(group: list[Notice]) -> Batch:
    """As many from the front of a group as fit into a batch; they are in the group no more."""
    count = fitting(group)
    batch, group[:] = group[:count], group[count:]
    return batch


def fitting(notices: Sequence[Notice]) -> int:
    """How many of `notices`, from the first on, fit into one batch by their bytes; at least one."""
    size = 0
    for count, notice in enumerate(notices):
        size += len(notice.wire) + 1
        if count and size > BATCH_BYTES:
            return count
    return len(notices)


def next_suspects(suspects: Sequence[Notice], boost: int) -> Batch:
    """The next batch from the front of one organisation's suspects, `boost` times the size they are due."""
    count = 0
    for suspect in suspects[:BATCH_LIMIT]:
        if count and count >= boost * _BY_RECEIVES[min(suspect.receives, len(_BY_RECEIVES) - 1)]:
            break
        count += 1
    return suspects[: fitting(suspects[:count])]


def in_changing_order(suspects: Iterable[Notice]) -> list[Notice]:
    """The least received first, and at every receive in another order: none is always behind another.

    Notices of one record stay together, because only a record of which all is decided leaves the queue.
    """

    def place(one: Notice) -> tuple[int, int, str, int]:
        return one.receives, shuffled(one, one.record_id), one.record_id, shuffled(one, one.message_id)

    def shuffled(one: Notice, name: str) -> int:
        return crc32(f"{one.receives} {name}".encode())

    return sorted(suspects, key=place)


def body(batch: Batch) -> bytes:
    """The produce call's body, written once: these bytes are signed and sent."""
    return b'{"messages":[' + b",".join(notice.wire for notice in batch) + b"]}"


def isolate(refused: Batch, accepts: Accepts, halved: Callable[[], None]) -> None:
    """Ask about parts of a `refused` batch until each culprit has stood alone and the rest is accepted.

    `accepts` sends one part and says whether the portal took it; it raises to end the search. A refused part
    is searched for one culprit; what that leaves undecided is set aside and asked about together, which takes
    a call or two if there is no other. How much is asked about at once follows how densely the culprits lie:
    half as much after each of them, twice as much after each acceptance. The last of a part is looked for and
    the first in turn: many culprits side by side do not hide that the rest is good.

    k culprits among n, 100 at most, cost at most k(5 + log2(n/k)) calls, the one that refused the batch
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
) -> Iterator[Notice]:
    """Find the last culprit of a `refused` part, or the first. What is still undecided then, in its order.

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
