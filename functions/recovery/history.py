"""Finds kept events again: those whose publishing was cut short, and those of a tag and a time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

from relay.aws import aws_errors
from relay.events import Event, timestamp
from relay.store import LEASE_SECONDS
from relay.table import SHARDS, event_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Pending(NamedTuple):
    """An event that was kept and not published; sorts by its age."""

    received_at: str
    key: str


@dataclass(frozen=True)
class Page:
    """Keys of kept events, and where the next ones follow; None after the last."""

    keys: tuple[str, ...]
    cursor: str | None


@dataclass(frozen=True)
class Kept:
    """An event as the table has it."""

    event: Event
    published: bool


class History:
    """The event table, read. All its methods raise UnavailableError.

    What was received more than `retention_days` ago is over, though the table deletes it later and keeps some
    of it longer: what of it was too large for a topic may be gone from the bucket.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        retention_days: int | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._retention = retention_days and retention_days * 86_400

    def _begins(self) -> str:
        """The earliest time of receiving that counts."""
        return timestamp(self._clock() - self._retention) if self._retention else ""

    def pending(self) -> Iterator[Pending]:
        """The unpublished events older than a lease, the oldest first over all shards.

        One may just be at work on by a later delivery: `EventStore.take_over` decides.
        """
        until = timestamp(self._clock() - LEASE_SECONDS)
        return merge(*(self._pending(f"pending#{shard}", until) for shard in range(SHARDS)))

    def _pending(self, shard: str, until: str) -> Iterator[Pending]:
        start: dict[str, Any] | None = {}
        while start is not None:
            items, start = self._query("pending", "pendingShard", shard, "", until, start, 1000)
            yield from (Pending(item["receivedAt"]["S"], item["pk"]["S"]) for item in items)

    def page(self, slug: str, since: str, until: str, cursor: str | None = None, limit: int = 100) -> Page:
        """At most `limit` events of a topic received from `since` up to and including `until`.

        Times are as `relay.events.timestamp` has them. Shard follows shard, each in the order of time. A
        page may be empty although others follow; a cursor stays valid for as long as the events are kept.
        """
        shard, start = json.loads(cursor) if cursor else (0, {})
        since = max(since, self._begins())
        items, following = self._query("by-tag", "tagShard", f"{slug}#{shard}", since, until, start, limit)
        if following is None:
            shard, following = shard + 1, {}
        keys = tuple(item["pk"]["S"] for item in items)
        return Page(keys, json.dumps([shard, following]) if shard < SHARDS else None)

    def get(self, key: str) -> Kept | None:
        """The event kept under a key of `pending` or `page`."""
        with aws_errors():
            answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        if not item or "eventId" not in item or item["receivedAt"]["S"] < self._begins():
            return None
        return Kept(event_of(item), "publishedAt" in item)

    def find(self, event_id: str) -> Kept | None:
        """The kept event with this id: it is its message's first, or stands by itself."""
        for key in (event_id.partition("-")[0], event_id):
            kept = self.get(key)
            if kept and kept.event.id == event_id:
                return kept
        return None

    def _query(
        self, index: str, name: str, shard: str, since: str, until: str, start: dict[str, Any], limit: int
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Index entries of one shard, and the key to go on after; None at the shard's end."""
        following: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        with aws_errors():
            answer = self._client.query(
                TableName=self._table,
                IndexName=index,
                KeyConditionExpression="#shard = :shard AND receivedAt BETWEEN :since AND :until",
                ExpressionAttributeNames={"#shard": name},
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    # An index key is never empty: the least is a zero.
                    ":since": {"S": since or "0"},
                    ":until": {"S": until},
                },
                Limit=limit,
                **following,
            )
        return answer["Items"], answer.get("LastEvaluatedKey")
