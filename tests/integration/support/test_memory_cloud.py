"""The table in memory answers like moto's: each request of the crash search, and claims of two contents."""

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from relay.events import Content, Event, event_id, timestamp
from relay.store import LEASE_SECONDS, Claim, EventStore
from tests.support.crash_search.calls import SHORT, load
from tests.support.crash_search.search import Search
from tests.support.inbound import NOW
from tests.support.memory_cloud import MemoryCloud
from tests.support.template import EVENT_TABLE, make_event_table


@pytest.fixture(autouse=True)
def _table(cloud: None) -> None:
    make_event_table()


class Both:
    """A client of both tables, which must agree on every answer and on what they have after it."""

    def __init__(self) -> None:
        self._real, self._memory = boto3.client("dynamodb"), MemoryCloud()
        self.calls = 0

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            real, memory = (
                _outcome(getattr(table, operation), request) for table in (self._real, self._memory)
            )
            self.calls += 1
            assert _told(real) == _told(memory)
            assert self._items() == self._memory.items
            if isinstance(real, ClientError):
                raise real
            return real

        return call

    def hold(self, items: dict[str, Any]) -> None:
        """Gives both tables just these items."""
        for key in self._items():
            self._real.delete_item(TableName=EVENT_TABLE, Key={"pk": {"S": key}})
        for item in items.values():
            self._real.put_item(TableName=EVENT_TABLE, Item=item)
        self._memory.items = items

    def _items(self) -> dict[str, Any]:
        return {item["pk"]["S"]: item for item in self._real.scan(TableName=EVENT_TABLE)["Items"]}


def _outcome(call: Callable[..., Any], request: dict[str, Any]) -> Any:
    try:
        return call(**request)
    except ClientError as error:
        return error


def _told(outcome: Any) -> Any:
    """What the relay reads of an answer or a refusal."""
    if isinstance(outcome, ClientError):
        response: Any = outcome.response
        return response["Error"]["Code"], response.get("Item")
    return {name: outcome.get(name) for name in ("Attributes", "Items", "LastEvaluatedKey")}


def test_every_request_of_the_search_is_answered_alike() -> None:
    requests, both = Search(SHORT, (1, 1)).requests, Both()

    for cloud, request in sorted(requests):
        both.hold(load(cloud).items)
        operation, parameters = json.loads(request)
        _outcome(getattr(both, operation), parameters)

    assert both.calls == len(requests) > 50
    assert {json.loads(request)[0] for _, request in requests} == {"put_item", "update_item", "query"}


def event(content: str) -> Event:
    return Event(event_id("A|B", "s-1", Content(content)), "A|B", "app-update", timestamp(NOW), "{}")


@pytest.mark.parametrize("steps", [*product(["one", "other", "mark", "lease", "month"], repeat=2)])
def test_claims_of_two_contents_of_a_message_are_answered_alike(steps: tuple[str, ...]) -> None:
    now, both, claims = NOW, Both(), list[Claim]()
    client: Any = both
    store = EventStore(client, EVENT_TABLE, retention_days=1, clock=lambda: now)

    for step in ("one", *steps, "other"):
        if step in ("one", "other"):
            claims.append(store.claim(event(f'"{step}"')))
        elif step == "mark":
            store.mark_published(claims[-1])
        else:
            now += {"lease": LEASE_SECONDS, "month": 30 * 86_400}[step]

    assert both.calls >= len(claims)
