"""Which notices share a batch, and which wait for a later round."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from notice.dispatch.ledger import Ledger
from notice.outcomes import Accepted, Deferred, Reason, Rejected
from notice.queue.records import QueuedNotice

BATCH_LIMIT = 100
BATCH_BYTES = 1_000_000

EARLIER_WAITS = Deferred(Reason.EARLIER_WAITS)

type Batch = Sequence[QueuedNotice]
type Size = Callable[[str], int]
"""How many notices the next batch of an organisation may have."""


@dataclass(slots=True, eq=False, repr=False)
class Rounds:
    """The notices of one invocation, each messageId once a round.

    Equal copies are sent once. Different notices under one messageId go in turn, for the portal keeps the
    content of the first; they wait with it as long as it is deferred.
    """

    ledger: Ledger
    size: Size
    met: dict[QueuedNotice, None] = field(default_factory=dict)
    """All that came, equal copies once."""
    redelivered: list[QueuedNotice] = field(default_factory=list)
    """What of this round was received before."""
    later: list[QueuedNotice] = field(default_factory=list)
    """What waits for the next round."""
    _sent: list[QueuedNotice] = field(default_factory=list)
    _deferred: set[tuple[str, str]] = field(default_factory=set)

    def fresh(self, notices: Iterable[QueuedNotice]) -> Iterator[Batch]:
        """Yields full batches of the round's fresh notices as they come; at the end the rest.

        Sorts the others out. The next round begins with what is `later` then.
        """
        self._deferred |= {_key(one) for one in self._sent if not self._is_over(one)}
        self._sent, self.redelivered, self.later = [], [], []
        keys: set[tuple[str, str]] = set()
        groups: dict[str, list[QueuedNotice]] = {}
        sizes: dict[str, int] = {}
        for notice in notices:
            key = notice.org_id, notice.message_id
            if key in keys:
                if notice not in self.met:  # Else it is an equal copy, and shares the outcome.
                    self.later.append(notice)
                continue
            keys.add(key)
            self.met[notice] = None
            if key in self._deferred:
                self.ledger.settle([notice], EARLIER_WAITS)
                continue
            self._sent.append(notice)
            if notice.receives > 1:
                self.redelivered.append(notice)
                continue
            group = groups.setdefault(notice.org_id, [])
            if not group:
                sizes[notice.org_id] = self.size(notice.org_id)
            group.append(notice)
            if len(group) >= sizes[notice.org_id]:
                yield _taken(group, sizes[notice.org_id])
        for org_id, group in groups.items():
            while group:
                yield _taken(group, sizes[org_id])

    def _is_over(self, notice: QueuedNotice) -> bool:
        return isinstance(self.ledger.outcome(notice), Accepted | Rejected)


def grouped[Key](
    notices: Iterable[QueuedNotice], by: Callable[[QueuedNotice], Key]
) -> dict[Key, list[QueuedNotice]]:
    """Returns the notices by what they have in common, in their order."""
    groups: dict[Key, list[QueuedNotice]] = {}
    for notice in notices:
        groups.setdefault(by(notice), []).append(notice)
    return groups


def full[Key](
    notices: Iterable[QueuedNotice], by: Callable[[QueuedNotice], Key], size: Size
) -> Iterator[Batch]:
    """Yields batches of at most `size` notices and BATCH_BYTES of what is alike `by` something.

    A notice that is larger than BATCH_BYTES travels alone.
    """
    for group in grouped(notices, by).values():
        while group:
            yield _taken(group, size(group[0].org_id))


def _taken(group: list[QueuedNotice], size: int) -> Batch:
    """As many from the front of a group as fit into a batch; they are in the group no more."""
    count = fitting(group[:size])
    batch, group[:] = group[:count], group[count:]
    return batch


def fitting(notices: Sequence[QueuedNotice]) -> int:
    """Returns how many of `notices`, from the first on, fit into one batch by their bytes; at least one."""
    size = 0
    for count, notice in enumerate(notices):
        size += len(notice.wire) + 1
        if count and size > BATCH_BYTES:
            return count
    return len(notices)


def _key(notice: QueuedNotice) -> tuple[str, str]:
    return notice.org_id, notice.message_id
