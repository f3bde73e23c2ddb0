"""Deliveries of one event and sweeps, in every order of their AWS calls, with a crash at every call.

First one delivery by itself. A lease later two deliveries and a sweep at once, while the clock goes on as
far as a function may. A lease later the gateway's repeat and another sweep, which nothing disturbs. Any two
calls of the first two phases may fail, seem to fail, arrive twice, or be a function's last.

Worlds that are alike are walked once, and counted as often as they are come by.
"""

import json
from collections import Counter
from collections.abc import Iterator

from relay.store import LEASE_SECONDS
from tests.support.crash_search.calls import SWEEP_CALLS, TOPIC, Fate, Path, Step, id_of, load, step
from tests.support.crash_search.worlds import (
    LAST,
    PHASES,
    START,
    Actor,
    Move,
    World,
    clock,
    excused,
    marked,
    ticked,
    with_actor,
)
from tests.support.template import PAYLOAD_BUCKET

FAILURES = ("UNAVAILABLE", "failed")


class Search:
    """All worlds that a delivery by `path` can come to, with at most so many faults in each phase."""

    def __init__(self, path: Path, faults: tuple[int, int]) -> None:
        self.path, self._faults = path, (*faults, 0)
        self.worlds = 0
        self._lengths = [sum(map(self.turns, phase.cast)) + len(phase.moments) for phase in PHASES]
        # Names of rules -> the first history that breaks them.
        self.broken: dict[str, list[str]] = {}
        # Each call of each function in each phase, and its fate; how each function ended.
        self.calls: set[tuple[int, str, str, Fate]] = set()
        self.ends: set[tuple[str, str]] = set()
        # Each request to the table, and what the table had before it.
        self.requests: set[tuple[str, str]] = set()
        self._origins: dict[World, tuple[World, Move]] = {}
        self.histories = self._walk(self._opened(0, START, World(0, 0, 0, (), "[{}, []]", False, 0, 0)))

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
                for move, after, alike in self._moves(world):
                    self._origins.setdefault(after, (world, move))
                    following[after] += ways * alike
            if not following:
                return layer.total()
            layer = following

    def _moves(self, world: World) -> Iterator[tuple[Move, World, int]]:
        """What can happen next, and what comes of it, and in how many ways that are alike."""
        phase = PHASES[world.phase]
        fates = list(Fate) if world.faults else [Fate.FINE]
        for index, (actor, name) in enumerate(zip(world.actors, phase.cast, strict=True)):
            if actor.turns < self.turns(name):
                for fate in fates[:2] if actor.ended else fates:
                    move, after = self._turn(world, index, fate)
                    # To a function that has ended, one fault is like the other.
                    alike = len(fates) - 1 if actor.ended and fate is not Fate.FINE else 1
                    yield move, self._settled(world, move, after), alike
        if world.ticks < len(phase.moments):
            move = Move(f"clock: {phase.moments[world.ticks]} s")
            yield move, self._settled(world, move, ticked(world)), 1

    def _turn(self, world: World, index: int, fate: Fate) -> tuple[Move, World]:
        actor, name = world.actors[index], PHASES[world.phase].cast[index]
        world = world._replace(faults=world.faults - (fate is not Fate.FINE))
        if actor.ended:
            return Move(name, fate=fate), with_actor(world, index, actor._replace(turns=actor.turns + 1))
        refuses = self.path.refused and world.phase < LAST
        made = step(self.path, name, world.cloud, actor.past, clock(world), fate, refuses)
        self.calls.add((world.phase, name, made.call, fate))
        self.ends.add((name, made.end))
        if made.request:
            self.requests.add((world.cloud, made.request))
        move = Move(name, made.call, fate, made.end)
        after = with_actor(
            world._replace(
                cloud=made.cloud,
                published=world.published or bool(made.messages),
                surplus=world.surplus + len(made.messages) - excused(actor, made, fate),
            ),
            index,
            Actor(
                actor.turns + 1,
                made.past,
                made.following,
                actor.published or bool(made.messages),
                bool(made.end),
            ),
        )
        self._check(world, move, after, made)
        # What is put twice is there the second time, and written over itself: no more than a call.
        if fate is Fate.TWICE and made.call not in ("put content", "put body"):
            once = step(self.path, name, world.cloud, actor.past, clock(world), Fate.FINE, refuses)
            alike = (once.following, once.end) == (made.following, made.end)
            self._note(world, move, "a call that botocore makes again counts as one", alike)
        return move, after

    def _check(self, world: World, move: Move, after: World, made: Step) -> None:
        """Looks at what a function did, and at how it ended if it did."""
        raised = move.fate in (Fate.FAILED, Fate.UNANSWERED)
        self._note(world, move, "a call that raises is answered 503", made.end in FAILURES or not raised)
        if made.messages:
            sound = all(self._sound(message, made) for message in made.messages)
            self._note(world, move, "on its topic is the event, and its content can be had", sound)
            self._note(world, move, "twice only after a crash between publish and mark", after.surplus <= 1)
        if self.path.as_came:
            self._note(world, move, "an event is kept with the body that brought it", self._whole(made))
        if not made.end:
            return
        done = after.published and marked(after)
        success = made.end in ("PUBLISHED", "REPEATED")
        self._note(
            world, move, "成功 is answered only for an event on its topic", after.published or not success
        )
        self._note(
            world, move, "成功 is answered only for an event that is marked", marked(after) or not success
        )
        alone = world.phase == LAST and sum(actor.turns > 0 for actor in after.actors) == 1
        # What is set aside is no sweep's any more: its next delivery, or a replay, publishes it.
        swept = '"eventId"' in made.cloud and '"setaside#' not in made.cloud
        if alone and (move.name == "delivery" or swept):
            self._note(world, move, f"a {move.name} alone ends with a kept event published", done)

    def _settled(self, world: World, move: Move, after: World) -> World:
        """The world after a move, in the next phase if this one is over."""
        at_it = sum(actor.following in ("publish", "mark") for actor in after.actors)
        self._note(world, move, "no two are about to publish or to mark at once", at_it <= 1)
        if sum(actor.turns for actor in after.actors) + after.ticks < self._lengths[after.phase]:
            return after
        ended = all(actor.ended for actor in after.actors)
        self._note(world, move, "each ends within its turns", ended)
        if after.phase < LAST:
            return self._opened(after.phase + 1, clock(after) + LEASE_SECONDS, after)
        done = after.published and marked(after)
        self._note(world, move, "in the end every event is published and marked", done)
        return after

    def _opened(self, phase: int, began: float, world: World) -> World:
        actors = (Actor(),) * len(PHASES[phase].cast)
        return world._replace(phase=phase, began=began, ticks=0, actors=actors, faults=self._faults[phase])

    def _sound(self, message: str, made: Step) -> bool:
        topic, _, envelope = message.partition(" ")
        event = json.loads(envelope)
        there = event["dataref"] in load(made.cloud).objects if "dataref" in event else "data" in event
        return topic == TOPIC and event["id"] == id_of(self.path) and there

    def _whole(self, made: Step) -> bool:
        cloud = load(made.cloud)
        bodies = [item.get("body", {}) for item in cloud.items.values()]
        return all(
            "B" in body or f"s3://{PAYLOAD_BUCKET}/{body.get('S')}" in cloud.objects for body in bodies
        )

    def _note(self, world: World, move: Move, rule: str, holds: bool) -> None:
        if not holds and rule not in self.broken:
            self.broken[rule] = [*self._history(world), str(move)]

    def _history(self, world: World) -> list[str]:
        told: list[str] = []
        while origin := self._origins.get(world):
            world, move = origin
            told.append(str(move))
        return told[::-1]
