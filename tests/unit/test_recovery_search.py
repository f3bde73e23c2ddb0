"""Deliveries of one event and sweeps, in every order of their AWS calls, with every crash at every call.

A search over all states that can be reached, not over samples: two deliveries and a sweep, then another
delivery and sweep once the lease has run out, each call of which may fail or end its function before or
after it took effect; at last a sweep that nothing disturbs.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, partial
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from callback.answers import Answer
from callback.intake import Intake
from callback.reading import Delivery, reading_of
from recovery.pace import Pace
from recovery.sweep import Sweeper
from relay.events import timestamp
from relay.history import Pending
from relay.publisher import Publisher
from relay.store import LEASE_SECONDS, EventStore
from tests.inbound import NOW, MemoryHandshakes, MemoryPayloads, dumps, message

# One lease after the other. Within one, a function that began in it also ends: none may run so long.
PHASES = (("delivery", "delivery", "sweep"), ("delivery", "sweep"), ("sweep",))
CAST = [(phase, name) for phase, names in enumerate(PHASES) for name in names]


class Fate(Enum):
    """What becomes of a call."""

    FINE = "it takes effect and is answered"
    FAILED = "it fails without effect"
    UNANSWERED = "it takes effect and seems to fail"
    CRASH_BEFORE = "the function ends before it"
    CRASH_AFTER = "the function ends after it took effect"


class Crash(BaseException):
    """The function is gone, without any of its own code running."""


class Pause(BaseException):
    """The function is about to make a call that is not its turn yet."""


@dataclass(frozen=True)
class Actor:
    """A function at work: the outcomes of its calls so far, and how it ended."""

    journal: tuple[str, ...] = ()
    end: str = ""
    published: bool = False
    marked: bool = False


@dataclass(frozen=True)
class World:
    """Everything that counts: the table's item, the topic, and the functions."""

    actors: tuple[Actor, ...] = (Actor(),) * len(CAST)
    item: str = ""
    published: int = 0
    phase: int = 0
    faults: int = 2


@cache
def delivery() -> Delivery:
    return cast(Delivery, reading_of(dumps(message({"tenantId": "50006001"})), None))


def run(world: World, index: int, aws: Any) -> str:
    """Runs a function from its start, with the AWS that it sees; how it ended."""
    phase, name = CAST[index]
    now = NOW + phase * (LEASE_SECONDS + 1)
    store = EventStore(aws, "events", retention_days=1, clock=lambda: now)
    publisher = Publisher(aws, "topic-")
    if name == "sweep":
        # What it lists may be published or gone by the time it comes to it.
        listed = iter([Pending(timestamp(NOW), aws.key)])
        return f"swept {Sweeper(store, publisher).sweep(listed, Pace(lambda: 240)).pending}"
    tokens: Any = None
    intake = Intake(tokens, MemoryHandshakes(), store, MemoryPayloads(), publisher, clock=lambda: now)
    return intake.accept(delivery(), "app-update").answer.name


class Aws:
    """Repeats a function's journal to it, carries out its next call, and pauses at the one after."""

    def __init__(self, world: World, index: int, fate: Fate) -> None:
        self.world, self._index, self._fate = world, index, fate
        self._journal = list(world.actors[index].journal)
        self._taken = False

    @property
    def key(self) -> str:
        return json.loads(self.world.item)["pk"]["S"] if self.world.item else "nothing"

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name)

    def _call(self, name: str, **request: Any) -> Any:
        if self._journal:
            return _outcome(self._journal.pop(0))
        if self._taken:
            raise Pause
        self._taken = True
        if self._fate is Fate.CRASH_BEFORE:
            raise Crash
        outcome = "lost" if self._fate is Fate.FAILED else self._carry_out(name, request)
        if self._fate is Fate.CRASH_AFTER:
            raise Crash
        if self._fate is Fate.UNANSWERED:
            outcome = "lost"
        self._note(journal=(*self.world.actors[self._index].journal, outcome))
        return _outcome(outcome)

    def _carry_out(self, name: str, request: dict[str, Any]) -> str:
        if name == "publish":
            self.world = replace(self.world, published=self.world.published + 1)
            self._note(published=True)
            return "{}"
        item = json.loads(self.world.item) if self.world.item else None
        values = request["ExpressionAttributeValues"]
        if not CONDITIONS[request["ConditionExpression"]](item, values):
            return "refused" + json.dumps(item or {})
        item = request["Item"] if name == "put_item" else UPDATES[request["UpdateExpression"]](item, values)
        # Drawn at random: without it, worlds that are alike are equal.
        item = {key: {"S": "somebody"} if key == "claimant" else value for key, value in item.items()}
        self.world = replace(self.world, item=json.dumps(item, sort_keys=True))
        self._note(marked="publishedAt" in item)
        return json.dumps({"Attributes": item})

    def _note(self, **facts: Any) -> None:
        actors = list(self.world.actors)
        actors[self._index] = replace(actors[self._index], **facts)
        self.world = replace(self.world, actors=tuple(actors))


def _outcome(entry: str) -> Any:
    if entry == "lost":
        raise EndpointConnectionError(endpoint_url="aws")
    if entry.startswith("refused"):
        refusal: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}
        item = json.loads(entry.removeprefix("refused"))
        raise ClientError(refusal | ({"Item": item} if item else {}), "write")
    return json.loads(entry)


def _number(value: Any) -> int:
    return int(value["N"])


# The table's conditions and updates, by their text: another text is a KeyError, and to be added here.
CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "attribute_not_exists(pk) OR expiresAt <= :now": lambda item, values: (
        item is None or _number(item["expiresAt"]) <= _number(values[":now"])
    ),
    "attribute_exists(pendingShard) AND leaseUntil <= :now": lambda item, values: (
        item is not None and "pendingShard" in item and _number(item["leaseUntil"]) <= _number(values[":now"])
    ),
    "attribute_exists(pk)": lambda item, _: item is not None,
}
UPDATES: dict[str, Callable[[Any, Any], Any]] = {
    "SET leaseUntil = :until, claimant = :claimant": lambda item, values: (
        item | {"leaseUntil": values[":until"], "claimant": values[":claimant"]}
    ),
    "SET publishedAt = :at REMOVE pendingShard, leaseUntil, claimant": lambda item, values: (
        {key: value for key, value in item.items() if key not in ("pendingShard", "leaseUntil", "claimant")}
        | {"publishedAt": values[":at"]}
    ),
}


def step(world: World, index: int, fate: Fate) -> World:
    """The world after a function's next call."""
    aws = Aws(replace(world, faults=world.faults - (fate is not Fate.FINE)), index, fate)
    try:
        end = run(aws.world, index, aws)
    except Pause:
        return _alike(aws.world)
    except Crash:
        end = "crashed"
    # How it came to its end no longer matters: worlds that differ in that alone are one.
    aws._note(end=end, journal=())
    return _alike(aws.world)


def _alike(world: World) -> World:
    """The two deliveries of the first phase are interchangeable."""
    first, second, *others = world.actors
    if repr(second) < repr(first):
        return replace(world, actors=(second, first, *others))
    return world


def next_worlds(world: World) -> Iterator[World]:
    here = [index for index, (phase, _) in enumerate(CAST) if phase == world.phase]
    last = world.phase == len(PHASES) - 1
    for index in here:
        if not world.actors[index].end:
            fates = Fate if world.faults and not last else [Fate.FINE]
            yield from (step(world, index, fate) for fate in fates)
    at_work = any(world.actors[index].journal and not world.actors[index].end for index in here)
    if not last and not at_work:
        yield replace(world, phase=world.phase + 1)


@pytest.fixture(scope="module")
def worlds() -> set[World]:
    """Every world that can be reached."""
    seen, new = {World()}, [World()]
    while new:
        found = set(next_worlds(new.pop())) - seen
        seen |= found
        new += found
    return seen


def answered(world: World) -> list[str]:
    return [actor.end for actor, (_, name) in zip(world.actors, CAST, strict=True) if name == "delivery"]


SUCCESSES = {Answer.PUBLISHED.name, Answer.REPEATED.name}


def test_the_search_comes_by_everything_that_can_happen(worlds: set[World]) -> None:
    ends = Counter(end for world in worlds for end in answered(world))

    assert {"PUBLISHED", "REPEATED", "BUSY", "UNAVAILABLE", "crashed", ""} == set(ends)
    assert {actor.end for world in worlds for actor in world.actors} >= {"swept 0", "swept 1"}
    assert max(world.published for world in worlds) > 1
    assert len(worlds) > 5_000


def test_an_event_that_was_answered_with_success_is_on_its_topic_at_that_moment(worlds: set[World]) -> None:
    assert all(world.published for world in worlds if SUCCESSES & set(answered(world)))


def test_it_is_published_twice_only_after_a_publish_whose_mark_did_not_follow(worlds: set[World]) -> None:
    for world in worlds:
        unmarked = sum(actor.published and not actor.marked for actor in world.actors)
        assert world.published <= 1 + unmarked
        if not any(actor.end in ("crashed", "UNAVAILABLE", "swept 1") for actor in world.actors):
            assert world.published <= 1


def test_every_event_that_was_kept_is_published_and_marked_by_the_last_sweep(worlds: set[World]) -> None:
    finished = [world for world in worlds if world.actors[-1].end and world.item]

    assert finished
    assert all(world.published and "publishedAt" in world.item for world in finished)
