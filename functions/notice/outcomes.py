"""What became of a notice: exactly one of three things."""

from dataclasses import dataclass


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
    """Not decided: it stays in the queue, for at least `retry_after` seconds if the portal asked for that."""

    reason: str
    retry_after: float | None = None


type Outcome = Accepted | Rejected | Deferred
