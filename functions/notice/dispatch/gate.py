"""May a call be made, for this batch, this organisation, at all? One table of the reasons why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count

from notice.deadline import START_SECONDS, Deadline
from notice.dispatch.quarantine import overdue
from notice.outcomes import Deferred, Reason
from notice.queue.records import QueuedNotice

OUT_OF_TIME = Deferred(Reason.OUT_OF_TIME)
SEARCH_TOO_LONG = Deferred(Reason.SEARCH_TOO_LONG)


class Scope(Enum):
    """What a reason closes, in the order in which the reasons are looked up."""

    EVERYTHING = auto()
    ORGANISATION = auto()
    QUARANTINE = auto()
    """One organisation, but for its overdue notices."""


@dataclass(slots=True, eq=False, repr=False)
class Gate:
    """The calls of one invocation, shared by its threads. The first reason of a scope stays.

    `search_calls` is how many calls all searches for poison notices may take together.
    """

    deadline: Deadline
    search_calls: int
    _reasons: dict[tuple[Scope, str], Deferred] = field(default_factory=dict)
    _searched: Iterator[int] = field(default_factory=count)

    def close(self, scope: Scope, why: Deferred, org_id: str = "") -> bool:
        """Let no further call of this scope through. Returns whether it was open."""
        return self._reasons.setdefault((scope, org_id), why) is why

    def blocked(self, batch: Sequence[QueuedNotice]) -> Deferred | None:
        """Returns why no call may be made for this batch; None if one may."""
        if self._reasons and (why := self._reason(batch)):
            return why
        return OUT_OF_TIME if self.deadline.left() < START_SECONDS else None

    def _reason(self, batch: Sequence[QueuedNotice]) -> Deferred | None:
        """The first reason that holds for a batch, time left aside."""
        for scope in Scope:
            why = self._reasons.get((scope, batch[0].org_id)) or self._reasons.get((scope, ""))
            if why and not (scope is Scope.QUARANTINE and all(map(overdue, batch))):
                return why
        return None

    def quarantined(self, org_id: str) -> Deferred | None:
        """Returns the reason if the organisation was found quarantined in this invocation."""
        return self._reasons.get((Scope.QUARANTINE, org_id))

    def search_blocked(self) -> Deferred | None:
        """Take a call from the budget of the searches. Returns why none is left; None if one is."""
        return SEARCH_TOO_LONG if next(self._searched) >= self.search_calls else None
