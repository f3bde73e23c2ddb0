"""What the crash search walks through: functions at work, the clock, and what AWS has.

A phase begins a lease after the one before it.
"""

from typing import NamedTuple

from recovery.pace import STEP_SECONDS
from tests.support.crash_search.calls import Fate, Step
from tests.support.template import RESOURCES

# The last thousandth of a second counts, so the first one is as late as can be.
START = 1_795_360_209.999
# How long a function may be at work on an event: a delivery until Lambda ends it, a sweep by its own pace.
LONGEST = {"delivery": RESOURCES["CallbackFunction"]["Properties"]["Timeout"], "sweep": STEP_SECONDS}


class Phase(NamedTuple):
    """Functions that are at work at the same time, and the moments that the clock goes on to meanwhile."""

    cast: tuple[str, ...]
    moments: tuple[float, ...] = ()


PHASES = (
    Phase(("delivery",)),
    Phase(("delivery", "delivery", "sweep"), tuple(end - 0.001 for end in sorted(LONGEST.values()))),
    Phase(("delivery", "sweep")),
)

LAST = len(PHASES) - 1


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
    """What happened between two worlds: a turn of a function, idle if it has ended, or of the clock."""

    name: str
    call: str = ""
    fate: Fate = Fate.FINE
    end: str = ""

    def __str__(self) -> str:
        fate = "" if self.fate is Fate.FINE else f" ({self.fate.value})"
        return f"{self.name}: {self.call or 'idle'}{fate}{f' -> {self.end}' if self.end else ''}"


def excused(actor: Actor, made: Step, fate: Fate) -> int:
    """Whether this is a crash between publish and mark: nobody knows then that the event was published."""
    if made.call == "publish":
        return int(bool(made.messages) and fate in (Fate.UNANSWERED, Fate.TWICE, Fate.KILLED_AFTER))
    return int(made.call == "mark" and actor.published and fate in (Fate.FAILED, Fate.KILLED_BEFORE))


def ticked(world: World) -> World:
    """The world a while later: who has been at work for too long has ended."""
    world = world._replace(ticks=world.ticks + 1)
    for index, (actor, name) in enumerate(zip(world.actors, PHASES[world.phase].cast, strict=True)):
        if not actor.ended and actor.past and actor.past[0][1] + LONGEST[name] <= clock(world):
            cut_short = actor.published and actor.following == "mark"
            world = world._replace(surplus=world.surplus - cut_short)
            world = with_actor(world, index, Actor(actor.turns, ended=True))
    return world


def with_actor(world: World, index: int, actor: Actor) -> World:
    """The world with this actor in its place; two deliveries of a phase are interchangeable."""
    if actor.ended:
        # What it went through no longer matters.
        actor = Actor(actor.turns, ended=True)
    cast = PHASES[world.phase].cast
    actors = (*world.actors[:index], actor, *world.actors[index + 1 :])
    placed = sorted(zip(cast, actors, strict=True))
    return world._replace(actors=tuple(actor for _, actor in placed))


def clock(world: World) -> float:
    return world.began + (PHASES[world.phase].moments[world.ticks - 1] if world.ticks else 0)


def marked(world: World) -> bool:
    return '"publishedAt"' in world.cloud
