"""How the inbound way stands: when each topic last got an event, and what waits to be published."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recovery.pace import STEP_SECONDS, WORKERS
from relay import catalog
from relay.aws import UnavailableError, aws_errors
from relay.events import timestamp
from relay.store import LEASE_SECONDS
from relay.table import SHARDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# No question is asked later than this: the person who asks waits, and a table in trouble is slow.
ASKING_SECONDS = 20.0
PENDING = "pending"


@dataclass(slots=True)
class EventStatus:
    """What was found; `unknown` gives the reason for each slug, or for `pending`, that was not answered.

    Times are as `relay.events.timestamp` has them. Unpublished events count as pending from a lease on, as a
    sweep sees them. There are `more` than `pending` when a shard has more than one answer of the table holds.
    """

    latest: dict[str, str | None] = field(default_factory=dict)
    pending: int = 0
    more: bool = False
    oldest: str | None = None
    unknown: dict[str, str] = field(default_factory=dict)


class Survey:
    """Asks each shard of the two indexes a short question, many at a time."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._table, self._clock, self._stopwatch = client, table, clock, stopwatch

    def take(self, remaining: float) -> EventStatus:
        """How things stand, asked within `remaining` seconds; raises nothing."""
        until = self._stopwatch() + min(ASKING_SECONDS, remaining - STEP_SECONDS)
        standing = EventStatus()
        with ThreadPoolExecutor(WORKERS) as workers:
            self._count_pending(standing, workers, until)
            questions = [(slug, shard) for slug in catalog.SLUGS for shard in range(SHARDS)]
            asked = workers.map(lambda one: self._answered(lambda: self._latest(*one), until), questions)
            _sort(zip(questions, asked, strict=True), standing)
        return standing

    def _answered[Answer](self, ask: Callable[[], Answer], until: float) -> "Answer | UnavailableError":
        if self._stopwatch() >= until:
            return UnavailableError("no time was left", "Query")
        try:
            return ask()
        except UnavailableError as fault:
            return fault

    def _latest(self, slug: str, shard: int) -> str | None:
        answer = self._query("by-tag", "tagShard", f"{slug}#{shard}", ScanIndexForward=False, Limit=1)
        return _received_at(answer)

    def _count_pending(self, standing: EventStatus, workers: ThreadPoolExecutor, until: float) -> None:
        before = timestamp(self._clock() - LEASE_SECONDS)
        ask = workers.map(
            lambda shard: self._answered(lambda: self._waiting(shard, before), until), range(SHARDS)
        )
        for found in ask:
            if isinstance(found, UnavailableError):
                standing.unknown[PENDING] = str(found)
                continue
            count, more, oldest = found
            standing.pending += count
            standing.more |= more
            standing.oldest = min(filter(None, (standing.oldest, oldest)), default=None)

    def _waiting(self, shard: int, before: str) -> tuple[int, bool, str | None]:
        """How many of a shard, whether there are more, and when the first was received."""
        key = "pending", "pendingShard", f"pending#{shard}", before
        counted = self._query(*key, Select="COUNT")
        oldest = self._query(*key, Limit=1) if counted["Count"] else {"Items": []}
        return counted["Count"], "LastEvaluatedKey" in counted, _received_at(oldest)

    def _query(
        self, index: str, name: str, shard: str, before: str | None = None, **how: Any
    ) -> dict[str, Any]:
        condition, values = "#shard = :shard", {":shard": {"S": shard}}
        if before:
            condition, values = f"{condition} AND receivedAt <= :before", values | {":before": {"S": before}}
        with aws_errors():
            answer: Any = self._client.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression=condition,
                ExpressionAttributeNames={"#shard": name},
                ExpressionAttributeValues=values,
                **how,
            )
        found: dict[str, Any] = answer
        return found


def _received_at(answer: dict[str, Any]) -> str | None:
    return next((str(item["receivedAt"]["S"]) for item in answer["Items"]), None)


def _sort(
    asked: Iterable[tuple[tuple[str, int], "str | UnavailableError | None"]], standing: EventStatus
) -> None:
    """A topic of which a shard is unknown is unknown: the newest event may be there."""
    for (slug, _), found in asked:
        if isinstance(found, UnavailableError):
            standing.unknown[slug] = str(found)
        else:
            known = (standing.latest.get(slug), found)
            standing.latest[slug] = max(filter(None, known), default=None)
    for slug in standing.unknown:
        standing.latest.pop(slug, None)
