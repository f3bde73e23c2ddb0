"""The status of the kept events: when each topic last got one, and what waits to be published."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from recovery.history import History, Kept
from recovery.pace import STEP_SECONDS, WORKERS
from relay.api.recovery import PENDING, SET_ASIDE
from relay.aws import UnavailableError
from relay.catalog import SLUGS
from relay.events import Event, timestamp
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
class SetAsideCount:
    """The events that SNS refuses for good: how many, whether there are more, and the oldest of them."""

    count: int = 0
    more: bool = False
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class EventStatus:
    """What was found; `unknown` gives the reason for each slug, PENDING or SET_ASIDE that has no answer.

    Times are as `relay.events.timestamp` has them. Unpublished events count as pending from a lease on, as a
    sweep sees them. There are `more` than `pending` when a shard has more than one answer of the table holds.
    """

    latest: dict[str, str | None] = field(default_factory=dict)
    pending: int = 0
    more: bool = False
    oldest: str | None = None
    set_aside: SetAsideCount = SetAsideCount()
    unknown: dict[str, str] = field(default_factory=dict)


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

    def take(self, remaining: float) -> EventStatus:
        """Returns the status, asked for within `remaining` seconds. Raises nothing."""
        now = self._clock()
        ask = partial(self._answer, self._timer() + min(ASKING_SECONDS, remaining - STEP_SECONDS))
        before = timestamp(now - LEASE_SECONDS)
        shards = [(slug, number) for slug in SLUGS for number in range(SHARDS)]
        with ThreadPoolExecutor(WORKERS) as workers:
            waiting = workers.map(lambda number: ask(partial(self._waiting, number, before)), range(SHARDS))
            aside = workers.map(lambda number: ask(partial(self._set_aside, number)), range(SHARDS))
            latest = workers.map(lambda shard: ask(partial(self._latest, *shard)), shards)
            status = _status(list(waiting), list(zip((slug for slug, _ in shards), latest, strict=True)))
            return self._with_set_aside(status, list(aside), ask)

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

    def _with_set_aside(
        self, status: EventStatus, aside: "list[Entries | _Unanswered]", ask: "_Ask"
    ) -> EventStatus:
        """Returns the status with the events that are set aside; the oldest of them named."""
        found = [shard for shard in aside if isinstance(shard, Entries)]
        entries = sorted(
            (item["receivedAt"]["S"], item["pk"]["S"]) for shard in found for item in shard.items
        )
        kept = [ask(partial(self._history.get, key)) for _, key in entries[:_NAMED]]
        answers = [*aside, *kept]
        reasons = [one.reason for one in answers if isinstance(one, _Unanswered)]
        unknown = {SET_ASIDE: reasons[0]} if reasons else {}
        named = tuple(one.event for one in kept if isinstance(one, Kept))
        more = any(shard.following is not None for shard in found)
        return replace(
            status, set_aside=SetAsideCount(len(entries), more, named), unknown=status.unknown | unknown
        )


class _Ask(Protocol):
    """Asks a question if there is time."""

    def __call__[Fact](self, question: Callable[[], Fact]) -> "Fact | _Unanswered": ...


def _status(
    waiting: list[_Waiting | _Unanswered], latest: list[tuple[str, str | _Unanswered | None]]
) -> EventStatus:
    """Returns the status by the answers of all shards; those of `latest` each with its slug.

    A topic of which a shard is unknown is unknown: the newest event may be there.
    """
    answers = [*((PENDING, answer) for answer in waiting), *latest]
    unknown = {name: answer.reason for name, answer in answers if isinstance(answer, _Unanswered)}
    found = [answer for answer in waiting if isinstance(answer, _Waiting)]
    newest: dict[str, str | None] = {}
    for slug, at in latest:
        if slug not in unknown and not isinstance(at, _Unanswered):
            newest[slug] = max(filter(None, (newest.get(slug), at)), default=None)
    return EventStatus(
        latest=newest,
        pending=sum(answer.count for answer in found),
        more=any(answer.more for answer in found),
        oldest=min(filter(None, (answer.oldest for answer in found)), default=None),
        unknown=unknown,
    )
