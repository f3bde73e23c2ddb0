"""How much time is left."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something has to be over."""

    at: float
    clock: Callable[[], float] = monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = monotonic) -> Self:
        return cls(clock() + seconds, clock)

    def left(self) -> float:
        """Seconds until then; never negative."""
        return max(0.0, self.at - self.clock())

    def sooner(self, seconds: float) -> Self:
        return type(self)(self.at - seconds, self.clock)
