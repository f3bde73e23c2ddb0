"""Deliveries of one event and sweeps, in every order of their AWS calls, with a crash at every call.

First one delivery by itself. A lease later two deliveries and a sweep at once, while the clock goes on as
far as a function may. A lease later the gateway's repeat and another sweep, which nothing disturbs. Any two
calls of the first two phases may fail, seem to fail, arrive twice, or be a function's last.

Worlds that are alike are walked once, and counted as often as they are come by.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from math import comb, factorial, prod
from typing import NamedTuple

import pytest

from recovery.pace import STEP_SECONDS
from relay.store import LEASE_SECONDS
from tests.crash_calls import LONG, SHORT, SWEEP_CALLS, TOPIC, Fate, Path, Step, id_of, load, step
from tests.template import RESOURCES

# The last thousandth of a second counts, so the first one is as late as can be.
START = 1_795_360_209.999
# How long a function may be at work on an event: a delivery until Lambda ends it, a sweep by its own pace.
LONGEST = {"delivery": RESOURCES["CallbackFunction"]["Properties"]["Timeout"], "sweep": STEP_SECONDS}
FAULTS = 2
DISTURBANCES = [fate for fate in Fate if fate is not Fate.FINE]


class Phase(NamedTuple):
    """Functions that are at work at the same time, and the moments that the clock goes on to meanwhile."""

    cast: tuple[str, ...]
    moments: tuple[float, ...] = ()
    disturbed: bool = True


PHASES = (
    Phase(("delivery",)),
    Phase(("delivery", "delivery", "sweep"), tuple(end - 0.001 for end in sorted(LONGEST.values()))),
    Phase(("delivery", "sweep"), disturbed=False),
)


class Actor(NamedTuple):
    """A function at work: its turns so far, what its calls brought, and the call that it is about to make."""

    turns: int = 0
    past: tuple[tuple[str, float], ...] = ()
    following: str = ""
    published: bool = False
    ended: bool = False


class World(NamedTuple):
    """Everything that counts. `surplus` is publishes less those that a crash before the mark excuses."""

    phase: int
    began: float
    ticks: int
    actors: tuple[Actor, ...]
    cloud: str
    published: bool
    surplus: int
    faults: int


class Move(NamedTuple):
    """What happened between two worlds: a turn of a function, or of the clock (None)."""

    actor: int | None
    name: str
    call: str = ""
    fate: Fate = Fate.FINE
    end: str = ""
