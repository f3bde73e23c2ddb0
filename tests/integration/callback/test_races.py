"""Two deliveries at once, in every order that their calls to AWS can take."""

import threading
from collections.abc import Callable
from itertools import combinations
from typing import Any

import boto3
import pytest

from callback.intake import Intake
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay.publisher import Publisher
from relay.store import EventStore
from tests.support.inbound import TOKEN, MemoryHandshakes, MemoryPayloads, Secrets, dumps, message, rest_api
from tests.support.template import EVENT_TABLE, make_event_table


@pytest.fixture(autouse=True)
def _table(cloud: None) -> None:
    make_event_table()


# A delivery makes three calls: claim, publish, mark. Another content of the message makes five at most.
ORDERS = ["".join("a" if turn in turns else "b" for turn in range(6)) for turns in combinations(range(6), 3)]


class Turns:
    """Lets the threads `a` and `b` make their calls in the order that is given, and then as they like."""

    def __init__(self, order: str) -> None:
        self._order, self._changed = list(order), threading.Condition()

    def take(self, call: Callable[..., Any], **request: Any) -> Any:
        me = threading.current_thread().name
        with self._changed:
            self._changed.wait_for(lambda: not self._order or self._order[0] == me, timeout=30)
            try:
                return call(**request)
            finally:
                del self._order[:1]
                self._changed.notify_all()

    def leave(self) -> None:
        me = threading.current_thread().name
        with self._changed:
            self._order[:] = [name for name in self._order if name != me]
            self._changed.notify_all()


class InTurn:
    """A client whose calls wait for their turn."""

    def __init__(self, client: Any, turns: Turns) -> None:
        self._client, self._turns = client, turns

    def __getattr__(self, name: str) -> Any:
        return lambda **request: self._turns.take(getattr(self._client, name), **request)


class Topic:
    """SNS that remembers what was published."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def publish(self, **request: Any) -> None:
        self.messages.append(request["Message"])


def race(order: str, bodies: dict[str, str]) -> tuple[dict[str, CallbackResponse], Topic]:
    """What each delivery was answered, and what is on the topic."""
    turns, topic, answers = Turns(order), Topic(), {}
    table: Any = InTurn(boto3.client("dynamodb"), turns)
    sns: Any = InTurn(topic, turns)
    intake = Intake(
        Secrets(current=TOKEN).check(),
        MemoryHandshakes(),
        EventStore(table, EVENT_TABLE, retention_days=1),
        MemoryPayloads(),
        Publisher(sns, "arn:"),
    )

    def deliver() -> None:
        name = threading.current_thread().name
        request = CallbackRequest.of(rest_api(bodies[name], slug="app-update"))
        answers[name] = intake.receive(request).response
        turns.leave()

    threads = [threading.Thread(target=deliver, name=name) for name in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, topic


@pytest.mark.parametrize("order", ORDERS)
def test_of_two_deliveries_of_an_event_one_publishes_and_the_other_knows_how_far_it_is(order: str) -> None:
    body = dumps(message({"a": 1}))

    answers, topic = race(order, {"a": body, "b": body})

    assert len(topic.messages) == 1
    first, second = order[0], "b" if order[0] == "a" else "a"
    assert answers[first] is CallbackResponse.PUBLISHED
    # 成功 for a repeat only if the event was marked before it came.
    marked = order.index(second) >= 3
    assert answers[second] is (CallbackResponse.REPEATED if marked else CallbackResponse.IN_PROGRESS)


@pytest.mark.parametrize("order", ORDERS)
def test_two_contents_of_a_message_at_once_are_both_published_and_known_again(order: str) -> None:
    bodies = {name: dumps(message({"from": name})) for name in "ab"}

    answers, topic = race(order, bodies)
    again, silent = race("", bodies)

    assert set(answers.values()) == {CallbackResponse.PUBLISHED}
    assert len(topic.messages) == 2
    assert set(again.values()) == {CallbackResponse.REPEATED}
    assert silent.messages == []
