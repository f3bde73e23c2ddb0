"""Notices put together into produce calls, and a refused batch taken apart again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from zlib import crc32

from notice.records import Notice

BATCH_LIMIT = 100
BATCH_BYTES = 1_000_000

# Suspects travel apart: how many notices a batch may hold by how often its notices were received.
_BY_RECEIVES = (100, 100, 50, 25, 12, 6, 3, 1)

type Batch = Sequence[Notice]
type Accepts = Callable[[Batch], bool]


def rounds(notices: Iterable[Notice]) -> list[list[Notice]]:
    """Distinct notices such that no round holds a messageId of an organisation twice.

    Different notices under one messageId come in turn, in the order they are given: the portal keeps the
    content of the first. Of equal copies the one received most often is kept.
    """
    distinct: dict[Notice, Notice] = {}
    for notice in notices:
        known = distinct.setdefault(notice, notice)
        if notice.receives > known.receives:
            distinct[notice] = notice
    turns: dict[tuple[str, str], int] = {}
    found: list[list[Notice]] = []
    for notice in distinct.values():
        key = notice.org_id, notice.message_id
        turn = turns.get(key, 0)
        turns[key] = turn + 1
        if turn == len(found):
            found.append([])
        found[turn].append(notice)
    return found


def grouped[Key](notices: Iterable[Notice], by: Callable[[Notice], Key]) -> dict[Key, list[Notice]]:
    groups: dict[Key, list[Notice]] = {}
    for notice in notices:
        groups.setdefault(by(notice), []).append(notice)
    return groups


def cut(notices: Sequence[Notice], *, limit: int = BATCH_LIMIT) -> Iterator[Batch]:
    """Batches of at most `limit` notices and BATCH_BYTES; a larger notice travels alone."""
    start = 0
    while start < len(notices):
        end = start + fitting(notices[start : start + limit])
        yield notices[start:end]
        start = end


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
    """Ask about ever smaller parts of a `refused` batch until each culprit has stood alone.

    `accepts` sends one part and says whether the portal took it; it raises to end the search. When the first
    half is accepted the second is known to be refused, and is halved without asking; but a notice that stands
    alone is always asked about, so that the answer is about it. Both halves are asked about before either is
    gone into: many culprits side by side do not hide that the rest is good.

    One culprit among 100 costs 14 calls at most. k culprits among n cost at most 2k(1 + log2(n/k)) calls, for
    n and k that are powers of two.
    """
    known_refused = [refused]
    while known_refused:
        part = known_refused.pop()
        halved()
        middle = (len(part) + 1) // 2
        first, second = part[:middle], part[middle:]
        first_accepted = accepts(first)
        implied = first_accepted and len(second) > 1
        second_accepted = not implied and accepts(second)
        found = [(second, second_accepted), (first, first_accepted)]
        known_refused += [half for half, accepted in found if not accepted and len(half) > 1]
