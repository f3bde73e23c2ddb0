"""The status of the kept events: when each topic last got one, and what waits to be published."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from recovery.history import History, Kept
from recovery.pace import STEP_SECONDS, WORKERS
from relay.api.recovery import (
    PENDING,
    SET_ASIDE,
    PendingEvents,
    SetAsideEvent,
    SetAsideEvents,
    StatusAnswer,
)
from relay.aws import UnavailableError
from relay.catalog import SLUGS
from relay.events import timestamp
from relay.settings import Clock
from relay.store import LEASE_SECONDS
from relay.table import BY_TAG, SHARDS, Entries, EventIndexes, pending_shard, set_aside_shard, tag_shard
from relay.table import PENDING as PENDING_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# No question is asked later than this: the person who asks waits, and a table in trouble is slow.
ASKING_SECONDS = 20.0
# So many of the events that are set aside are named.
_NAMED = 100


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The pending events of a shard: how many, whether there are more, and when the first was received."""

    count: int
    more: bool
    oldest: str | None


@dataclass(frozen=True, slots=True)
class _Unanswered:
    reason: str


class Survey:
    """Asks each shard of the two indexes a short question, many at a time."""

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Clock, timer: Clock) -> None:
        self._indexes, self._history = EventIndexes(client, table), History(client, table, clock=clock)
        self._clock, self._timer = clock, timer

    def take(self, remaining: float) -> StatusAnswer:
        """Returns the status, asked for within `remaining` seconds. Raises nothing.

        Unpublished events count as pending from a lease on, as a sweep sees them.
        """
        ask = partial(self._answer, self._timer() + min(ASKING_SECONDS, remaining - STEP_SECONDS))
        before = timestamp(self._clock() - LEASE_SECONDS)
        shards = [(slug, number) for slug in SLUGS for number in range(SHARDS)]
        with ThreadPoolExecutor(WORKERS) as workers:
            waiting = workers.map(lambda number: ask(partial(self._waiting, number, before)), range(SHARDS))
            aside = workers.map(lambda number: ask(partial(self._set_aside, number)), range(SHARDS))
            latest = workers.map(lambda shard: ask(partial(self._latest, *shard)), shards)
            pending, pending_unknown = _pending(list(waiting))
            set_aside, aside_unknown = self._named(list(aside), ask)
            tags, tags_unknown = _newest([slug for slug, _ in shards], list(latest))
        unknown = tags_unknown | pending_unknown | aside_unknown
        return StatusAnswer(action="status", tags=tags, pending=pending, set_aside=set_aside, unknown=unknown)

    def _answer[Fact](self, until: float, question: Callable[[], Fact]) -> "Fact | _Unanswered":
        if self._timer() >= until:
            return _Unanswered("Query: no time was left")
        try:
            return question()
        except UnavailableError as error:
            return _Unanswered(str(error))

    def _latest(self, slug: str, number: int) -> str | None:
        shard = tag_shard(slug, number)
        return self._indexes.query(BY_TAG, shard, newest_first=True, limit=1).received_at

    def _waiting(self, number: int, before: str) -> _Waiting:
        shard = pending_shard(number)
        counted = self._indexes.count(PENDING_INDEX, shard, until=before)
        if not counted.count:
            return _Waiting(0, counted.following is not None, None)
        first = self._indexes.query(PENDING_INDEX, shard, until=before, limit=1)
        return _Waiting(counted.count, counted.following is not None, first.received_at)

    def _set_aside(self, number: int) -> Entries:
        return self._indexes.query(PENDING_INDEX, set_aside_shard(number), limit=_NAMED)

    def _named(
        self, answers: "list[Entries | _Unanswered]", ask: "_Ask"
    ) -> tuple[SetAsideEvents, dict[str, str]]:
        """Returns the events that are set aside, the oldest of them named; and why that is not known."""
        found = [shard for shard in answers if isinstance(shard, Entries)]
        entries = sorted(
            (item["receivedAt"]["S"], item["pk"]["S"]) for shard in found for item in shard.items
        )
        kept = [ask(partial(self._history.get, key)) for _, key in entries[:_NAMED]]
        events = [
            SetAsideEvent(id=one.event.id, slug=one.event.slug, received_at=one.event.received_at)
            for one in kept
            if isinstance(one, Kept)
        ]
        more = any(shard.following is not None for shard in found)
        return SetAsideEvents(count=len(entries), more=more, events=events), _unknown(
            (SET_ASIDE, answer) for answer in [*answers, *kept]
        )


class _Ask(Protocol):
    """Asks a question if there is time."""

    def __call__[Fact](self, question: Callable[[], Fact]) -> "Fact | _Unanswered": ...


def _pending(answers: list[_Waiting | _Unanswered]) -> tuple[PendingEvents, dict[str, str]]:
    found = [answer for answer in answers if isinstance(answer, _Waiting)]
    pending = PendingEvents(
        count=sum(answer.count for answer in found),
        more=any(answer.more for answer in found),
        oldest=min(filter(None, (answer.oldest for answer in found)), default=None),
    )
    return pending, _unknown((PENDING, answer) for answer in answers)


def _newest(
    slugs: list[str], answers: list[str | _Unanswered | None]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Returns when each topic last got an event; a topic of which one shard is unknown is unknown."""
    unknown = _unknown(zip(slugs, answers, strict=True))
    newest: dict[str, str | None] = {}
    for slug, at in zip(slugs, answers, strict=True):
        if slug not in unknown and not isinstance(at, _Unanswered):
            newest[slug] = max(filter(None, (newest.get(slug), at)), default=None)
    return newest, unknown


def _unknown(answers: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {name: answer.reason for name, answer in answers if isinstance(answer, _Unanswered)}
