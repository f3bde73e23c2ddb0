"""Deliveries of one event and sweeps, in every order of their AWS calls, with a crash at every call.

First one delivery by itself. A lease later two deliveries and a sweep at once, while the clock goes on as
far as a function may. A lease later the gateway's repeat and another sweep, which nothing disturbs. Any two
calls of the first two phases may fail, seem to fail, arrive twice, or be a function's last.

Worlds that are alike are walked once, and counted as often as they are come by.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from recovery.pace import STEP_SECONDS
from relay.store import LEASE_SECONDS
from tests.crash_calls import SWEEP_CALLS, TOPIC, Fate, Path, Step, id_of, load, step
from tests.template import RESOURCES

# The last thousandth of a second counts, so the first one is as late as can be.
START = 1_795_360_209.999
# How long a function may be at work on an event: a delivery until Lambda ends it, a sweep by its own pace.
LONGEST = {"delivery": RESOURCES["CallbackFunction"]["Properties"]["Timeout"], "sweep": STEP_SECONDS}
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
    """What happened between two worlds: a turn of a function, idle if it has ended, or of the clock."""

    name: str
    call: str = ""
    fate: Fate = Fate.FINE
    end: str = ""

    def __str__(self) -> str:
        fate = "" if self.fate is Fate.FINE else f" ({self.fate.value})"
        return f"{self.name}: {self.call or 'idle'}{fate}{f' -> {self.end}' if self.end else ''}"


class Search:
    """All worlds that a delivery by `path` can come to, with at most so many faults in a history."""

    def __init__(self, path: Path, faults: int) -> None:
        self.path = path
        self.worlds = 0
        # Names of rules -> the first history that breaks them.
        self.broken: dict[str, list[str]] = {}
        # Each call of each function and its fate, and each end, in each phase.
        self.calls: set[tuple[int, str, str, Fate]] = set()
        self.ends: set[tuple[int, str]] = set()
        self._origins: dict[World, tuple[World, Move]] = {}
        self.histories = self._walk(self._opened(0, START, World(0, 0, 0, (), "[{}, []]", False, 0, faults)))

    def turns(self, name: str) -> int:
        """Turns that a function gets in a history; those that it does not need pass idly."""
        return len(SWEEP_CALLS if name == "sweep" else self.path.calls)

    def _walk(self, first: World) -> int:
        """The number of histories, each of which takes every turn once."""
        layer = Counter([first])
        while True:
            self.worlds += len(layer)
            following: Counter[World] = Counter()
            for world, ways in layer.items():
                for move, after in self._moves(world):
                    self._origins.setdefault(after, (world, move))
                    following[after] += ways
            if not following:
                return layer.total()
            layer = following

    def _moves(self, world: World) -> Iterator[tuple[Move, World]]:
        phase = PHASES[world.phase]
        fates = Fate if phase.disturbed and world.faults else [Fate.FINE]
        for index, name in enumerate(phase.cast):
            if world.actors[index].turns < self.turns(name):
                for fate in fates:
                    move, after = self._turn(world, index, fate)
                    yield move, self._settled(world, move, after)
        if world.ticks < len(phase.moments):
            move = Move(f"clock: {phase.moments[world.ticks]} s")
            yield move, self._settled(world, move, _ticked(world))

    def _turn(self, world: World, index: int, fate: Fate) -> tuple[Move, World]:
        actor, name = world.actors[index], PHASES[world.phase].cast[index]
        world = world._replace(faults=world.faults - (fate is not Fate.FINE))
        if actor.ended:
            return Move(name, fate=fate), _with(world, index, actor._replace(turns=actor.turns + 1))
        made = step(self.path, name, world.cloud, actor.past, _clock(world), fate)
        self.calls.add((world.phase, name, made.call, fate))
        self.ends.add((world.phase, made.end))
        move = Move(name, made.call, fate, made.end)
        after = _with(
            world._replace(
                cloud=made.cloud,
                published=world.published or bool(made.messages),
                surplus=world.surplus + len(made.messages) - _excused(actor, made, fate),
            ),
            index,
            Actor(
                actor.turns + 1, made.past, made.following, actor.published or bool(made.messages), bool(made.end)
            ),
        )
        self._check(world, move, after, made)
        return move, after

    def _check(self, world: World, move: Move, after: World, made: Step) -> None:
        success = made.end in ("PUBLISHED", "REPEATED")
        alone = PHASES[world.phase].disturbed is False and sum(actor.turns > 0 for actor in after.actors) == 1
        kept = id_of(self.path) in made.cloud
        rules = {
            "成功 is answered only for an event on its topic": not success or after.published,
            "成功 is answered only for an event that is marked": not success or _marked(after),
            "a call that raises is answered 503": (
                move.fate not in (Fate.FAILED, Fate.UNANSWERED) or made.end in ("UNAVAILABLE", "failed")
            ),
            "twice only after a crash between publish and mark": after.surplus <= 1,
            "a repeat alone ends with the event published": (
                not (alone and made.end and move.name == "delivery") or (after.published and _marked(after))
            ),
            "a sweep alone ends with a kept event published": (
                not (alone and made.end and move.name == "sweep" and kept) or (after.published and _marked(after))
            ),
            "on its topic is the event, and its content can be had": all(map(self._sound, made.messages, [made] * 2)),
        }
        self._note(world, move, rules)

    def _settled(self, world: World, move: Move, after: World) -> World:
        """The world after a move, in the next phase if this one is over."""
        at_it = [actor.following in ("publish", "mark") for actor in after.actors if not actor.ended]
        self._note(world, move, {"no two are about to publish or to mark at once": sum(at_it) <= 1})
        phase = PHASES[after.phase]
        turns = [self.turns(name) for name in phase.cast]
        if [actor.turns for actor in after.actors] != turns or after.ticks < len(phase.moments):
            return after
        rules = {"each ends within its turns": all(actor.ended for actor in after.actors)}
        if after.phase + 1 < len(PHASES):
            self._note(world, move, rules)
            return self._opened(after.phase + 1, _clock(after) + LEASE_SECONDS, after)
        rules["in the end every event is published and marked"] = after.published and _marked(after)
        self._note(world, move, rules)
        return after

    def _opened(self, phase: int, began: float, world: World) -> World:
        actors = (Actor(),) * len(PHASES[phase].cast)
        return world._replace(phase=phase, began=began, ticks=0, actors=actors)

    def _sound(self, message: str, made: Step) -> bool:
        topic, _, envelope = message.partition(" ")
        event = json.loads(envelope)
        there = event["dataref"] in load(made.cloud).objects if "dataref" in event else "data" in event
        return topic == TOPIC and event["id"] == id_of(self.path) and there

    def _note(self, world: World, move: Move, rules: dict[str, bool]) -> None:
        for rule, holds in rules.items():
            if not holds and rule not in self.broken:
                self.broken[rule] = [*self._history(world), str(move)]

    def _history(self, world: World) -> list[str]:
        told: list[str] = []
        while origin := self._origins.get(world):
            world, move = origin
            told.append(str(move))
        return told[::-1]


def _excused(actor: Actor, made: Step, fate: Fate) -> int:
    """Whether this is a crash between publish and mark: nobody knows then that the event was published."""
    if made.call == "publish":
        return int(fate in (Fate.UNANSWERED, Fate.TWICE, Fate.KILLED_AFTER))
    return int(made.call == "mark" and actor.published and fate in (Fate.FAILED, Fate.KILLED_BEFORE))


def _ticked(world: World) -> World:
    """The world a while later: who has been at work for too long has ended."""
    world = world._replace(ticks=world.ticks + 1)
    for index, (actor, name) in enumerate(zip(world.actors, PHASES[world.phase].cast, strict=True)):
        if not actor.ended and actor.past and actor.past[0][1] + LONGEST[name] <= _clock(world):
            cut_short = actor.published and actor.following == "mark"
            world = world._replace(surplus=world.surplus - cut_short)
            world = _with(world, index, Actor(actor.turns, ended=True))
    return world


def _with(world: World, index: int, actor: Actor) -> World:
    """The world with this actor in its place; two deliveries of a phase are interchangeable."""
    if actor.ended:
        actor = Actor(actor.turns, ended=True)
    first, second, *others = actors = [*world.actors[:index], actor, *world.actors[index + 1 :], Actor()]
    if PHASES[world.phase].cast[:2] == ("delivery", "delivery"):
        actors = [*sorted((first, second)), *others]
    return world._replace(actors=tuple(actors[:-1]))


def _clock(world: World) -> float:
    return world.began + (PHASES[world.phase].moments[world.ticks - 1] if world.ticks else 0)


def _marked(world: World) -> bool:
    return '"publishedAt"' in world.cloud
