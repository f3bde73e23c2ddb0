"""Finds kept events again: those whose publishing was cut short, and those of a tag and a time."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING

from relay.aws import aws_errors
from relay.events import Event, KeptBody, timestamp
from relay.settings import Clock
from relay.store import DAY_SECONDS, LEASE_SECONDS
from relay.table import (
    BY_TAG,
    PENDING,
    SHARDS,
    EventIndexes,
    body_of,
    event_of,
    is_set_aside,
    pending_shard,
    tag_shard,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Entries of a shard in one answer of the table: they are small.
_PENDING_AT_ONCE = 1000


@dataclass(frozen=True, order=True, slots=True)
class Pending:
    """An event that was kept and not published; sorts by its age."""

    received_at: str
    key: str


@dataclass(frozen=True, slots=True)
class Page:
    """Keys of kept events, and where the next ones follow; None after the last."""

    keys: tuple[str, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as the table has it."""

    key: str
    event: Event
    published: bool
    set_aside: bool = False
    body: KeptBody | None = None
    """The body that brought it, where its content is not the copy of that."""


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
        clock: Clock = time.time,
    ) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._indexes = EventIndexes(client, table)
        self._retention = retention_days and retention_days * DAY_SECONDS

    def pending(self) -> Iterator[Pending]:
        """Yield the unpublished events older than a lease, the oldest first over all shards.

        A later delivery may be publishing one just now: `EventStore.take_over` decides.
        """
        until = timestamp(self._clock() - LEASE_SECONDS)
        return merge(*(self._pending(pending_shard(number), until) for number in range(SHARDS)))

    def _pending(self, shard: str, until: str) -> Iterator[Pending]:
        start: Mapping[str, object] | None = {}
        while start is not None:
            found = self._indexes.query(PENDING, shard, until=until, start=start, limit=_PENDING_AT_ONCE)
            yield from (Pending(item["receivedAt"]["S"], item["pk"]["S"]) for item in found.items)
            start = found.following

    def page(self, slug: str, since: str, until: str, cursor: str | None = None, limit: int = 100) -> Page:
        """Returns at most `limit` events of a topic received from `since` up to and including `until`.

        Times are as `relay.events.timestamp` has them. Shard follows shard, each in the order of time. A
        page may be empty although others follow; a cursor stays valid for as long as the events are kept.
        """
        number, start = json.loads(cursor) if cursor else (0, {})
        found = self._indexes.query(
            BY_TAG,
            tag_shard(slug, number),
            since=max(since, self._begins()),
            until=until,
            start=start,
            limit=limit,
        )
        following = found.following
        if following is None:
            number, following = number + 1, {}
        keys = tuple(item["pk"]["S"] for item in found.items)
        return Page(keys, json.dumps([number, following]) if number < SHARDS else None)

    def get(self, key: str) -> Kept | None:
        """Returns the event kept under a key of `pending` or `page`; None if it is not kept any more."""
        with aws_errors():
            answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        if not item or "eventId" not in item or item["receivedAt"]["S"] < self._begins():
            return None
        return Kept(key, event_of(item), "publishedAt" in item, is_set_aside(item), body_of(item))

    def find(self, event_id: str) -> Kept | None:
        """Returns the kept event with this id: its message's first, or one under its own key."""
        for key in (event_id.partition("-")[0], event_id):
            kept = self.get(key)
            if kept and kept.event.id == event_id:
                return kept
        return None

    def _begins(self) -> str:
        """Returns the earliest time of receiving that counts."""
        return timestamp(self._clock() - self._retention) if self._retention else ""
