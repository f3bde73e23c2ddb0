"""What became of a notice, which is exactly one of three things, and of an invocation's notices together."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from notice.queue.records import Notice


@dataclass(frozen=True, slots=True)
class Accepted:
    """The portal has it."""


class Rejected(NamedTuple):
    """It can never succeed as it is: the dead-letter queue keeps it with this code and reason."""

    code: str
    message: str


class Deferred(NamedTuple):
    """Not decided: it stays in the queue, for at least `retry_after` seconds if the portal asked for that."""

    reason: str
    retry_after: float | None = None

    @property
    def kind(self) -> str:
        """The reason without the portal's own words, which follow a colon and may quote a notice."""
        return self.reason.partition(":")[0]


type Outcome = Accepted | Rejected | Deferred


@dataclass(slots=True)
class Report:
    """What an invocation did: an outcome for each notice, and what is worth counting or saying."""

    outcomes: "dict[Notice, Outcome]" = field(default_factory=dict)
    calls: int = 0
    halvings: int = 0
    batch_sizes: list[int] = field(default_factory=list)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Configuration faults: organisation ("" for all) and code."""
    outages: Counter[str] = field(default_factory=Counter)
    """Codes of the answers, or of their absence, that left batches undecided."""
    broke: bool | None = None
    """Whether the last of these was the portal's failing on a batch; None if there was none."""
