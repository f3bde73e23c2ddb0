"""What became of a notice, which is exactly one of three outcomes."""

from dataclasses import dataclass
from enum import StrEnum

# So many characters of a code and of a message are passed on.
CODE_LENGTH, MESSAGE_LENGTH = 256, 1000


class Reason(StrEnum):
    """Why a notice is deferred, as the log has it."""

    UNAVAILABLE = "unavailable"
    NOT_ALLOWED = "not allowed"
    PAUSED = "the portal is left alone for a while"
    OUT_OF_TIME = "no time left"
    QUARANTINED = "everything of this organisation is refused"
    UNCONFIRMED = "refused, and nothing of its organisation was accepted lately"
    EARLIER_WAITS = "an earlier notice of its messageId waits"
    SEARCH_TOO_LONG = "the search for poison notices took too many calls"
    DEAD_LETTER_NOT_WRITTEN = "dead letter not written"
    RECORD_WAITS = "another notice of its record waits"
    OUTCOME_NOT_PUBLISHED = "its outcome could neither be published nor kept for later"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The portal has it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """It can never succeed as it is: the dead-letter queue keeps it with this code and reason."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not decided: it stays in the queue, for at least `retry_after` seconds if the portal asked for that.

    `detail` holds the portal's own words, which may quote a notice: never log it.
    """

    reason: Reason
    detail: str = ""
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


type Outcome = Accepted | Rejected | Deferred
