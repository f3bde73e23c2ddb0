"""The recovery function as Lambda runs it: its answers, its topics, its metrics and its log."""

import json
import time
from importlib import import_module
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from recovery.pace import STEP_SECONDS
from recovery.sweep import SET_ASIDE_AFTER
from relay.api import error_types
from relay.api.recovery import MOST_REFUSED, Replay
from relay.events import Content, Event, envelope, event_id, timestamp
from relay.store import LEASE_SECONDS, EventStore
from tests.support import template
from tests.support.invocations import Invoke, ends_with, started

SLUG, TAG = "employee-leave", "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"
SETTINGS = {
    "EVENT_TABLE": template.EVENT_TABLE,
    "EVENT_TOPIC_ARN_PREFIX": template.TOPIC_PREFIX,
    "PAYLOAD_BUCKET": template.PAYLOAD_BUCKET,
    "EVENT_RETENTION_DAYS": "90",
}
BODY = "张三的变动"


@pytest.fixture
def invoke(inbound: None, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Invokes the function, as one container that was started for this test."""
    return started("recovery", SETTINGS, monkeypatch)


@pytest.fixture
def subscriber(invoke: Invoke) -> str:
    """A queue on the topic of the tests; its URL."""
    queue = template.make_queue("NoticeQueue")
    arn = f"arn:aws-cn:sqs:{template.REGION}:{template.ACCOUNT}:NoticeQueue"
    boto3.client("sns").subscribe(TopicArn=template.TOPIC_PREFIX + SLUG, Protocol="sqs", Endpoint=arn)
    return queue


def received(queue: str) -> list[dict[str, Any]]:
    answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def keep(number: int, *, age: float, published: bool = False) -> Event:
    """An event that was claimed `age` seconds ago."""
    content = Content(json.dumps({"name": BODY, "number": number}))
    id_, at = event_id(TAG, str(number), content), timestamp(time.time() - age)
    event = Event(id_, TAG, SLUG, at, envelope({"id": id_, "type": TAG}, content), "50006001")
    store = EventStore(
        boto3.client("dynamodb"), template.EVENT_TABLE, retention_days=1, clock=lambda: time.time() - age
    )
    claim = store.claim(event)
    if published:
        store.mark_published(claim)
    return event


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The log's lines, and the metrics."""
    lines = [json.loads(line) for line in "".join(capsys.readouterr()).splitlines()]
    return [line for line in lines if "_aws" not in line], [line for line in lines if "_aws" in line]


def test_a_sweep_publishes_what_was_cut_short_and_counts_it(
    invoke: Invoke, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = keep(1, age=600)
    keep(2, age=LEASE_SECONDS - 5)
    keep(3, age=600, published=True)

    answer = invoke("sweep")

    assert answer == {
        "action": "sweep",
        "counts": {"recovered": 1, "settled": 0, "setAside": 0, "failed": 0, "left": 0},
        "oldest": event.received_at,
        "faults": {},
    }
    (message,) = received(subscriber)
    assert message["Message"] == event.envelope
    assert message["MessageAttributes"] == {
        "eventTag": {"Type": "String", "Value": TAG},
        "tenantId": {"Type": "String", "Value": "50006001"},
    }
    _, (metric,) = printed(capsys)
    assert metric["service"] == "recovery"
    assert (metric["PendingEvents"], metric["Recovered"]) == ([1], [1])
    assert 600 <= metric["PendingAge"][0] < 660


def test_a_sweep_of_nothing_reports_no_age(invoke: Invoke, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke("sweep") == {
        "action": "sweep",
        "counts": {"recovered": 0, "settled": 0, "setAside": 0, "failed": 0, "left": 0},
        "oldest": None,
        "faults": {},
    }

    _, (metric,) = printed(capsys)
    assert (metric["PendingEvents"], metric["PendingAge"], metric["Recovered"]) == ([0], [0], [0])


def test_a_sweep_without_time_says_what_is_left(invoke: Invoke, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        keep(number, age=600)

    assert invoke("sweep", STEP_SECONDS - 1)["counts"]["left"] == 3

    (line,), (metric,) = printed(capsys)
    assert (line["level"], line["left"]) == ("WARNING", 3)
    assert metric["PendingEvents"] == [3]


def test_a_topic_that_is_gone_is_named_in_the_answer_and_the_log(
    invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(1, age=600)
    boto3.client("sns").delete_topic(TopicArn=template.TOPIC_PREFIX + SLUG)

    answer = invoke("sweep")

    assert answer["faults"] == {"Publish: NotFound": 1}
    (line,), _ = printed(capsys)
    assert (line["level"], line["faults"]) == ("WARNING", {"Publish: NotFound": 1})


def test_a_replayed_event_keeps_its_id_and_says_that_it_is_one(
    invoke: Invoke, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = keep(1, age=600, published=True)

    answer = invoke("replay", eventTags=[SLUG])

    assert answer == {
        "action": "replay",
        "dryRun": False,
        "counts": {"matched": 1, "replayed": 1, "gone": 0, "notFound": 0, "left": 0, "refused": 0},
        "topics": {SLUG: 1},
        "cursor": None,
        "notFound": [],
        "refused": [],
        "left": [],
        "stopped": "",
    }
    (message,) = received(subscriber)
    assert json.loads(message["Message"])["id"] == event.id
    assert message["MessageAttributes"]["replayed"] == {"Type": "String", "Value": "true"}
    _, (metric,) = printed(capsys)
    assert metric["Replayed"] == [1]


def test_a_replay_goes_on_by_its_cursor(invoke: Invoke, subscriber: str) -> None:
    events = [keep(number, age=600, published=True) for number in range(5)]
    cursor, ids, runs = None, list[str](), 0
    while runs == 0 or cursor:
        answer = invoke("replay", eventTags=[SLUG], limit=2, **({"cursor": cursor} if cursor else {}))
        cursor, runs = answer["cursor"], runs + 1
        ids += [json.loads(message["Message"])["id"] for message in received(subscriber)]

    assert sorted(ids) == sorted(event.id for event in events)
    assert runs in (3, 4)


def test_a_replay_by_ids_and_a_dry_run(invoke: Invoke, subscriber: str) -> None:
    event = keep(1, age=600, published=True)

    dry = invoke("replay", dryRun=True)
    by_id = invoke("replay", ids=[event.id, "f" * 32])

    assert dry["counts"] == {"matched": 1, "replayed": 0, "gone": 0, "notFound": 0, "left": 0, "refused": 0}
    assert dry["topics"] == {SLUG: 1}
    assert by_id["counts"] == {"matched": 1, "replayed": 1, "gone": 0, "notFound": 1, "left": 0, "refused": 0}
    assert by_id["notFound"] == ["f" * 32]
    assert len(received(subscriber)) == 1


def test_a_paced_replay_takes_its_time(invoke: Invoke) -> None:
    for number in range(4):
        keep(number, age=600, published=True)
    started = time.monotonic()

    invoke("replay", eventTags=[SLUG], eventsPerSecond=2)

    assert time.monotonic() - started >= 1


def test_the_status_is_answered_and_nothing_is_published(
    invoke: Invoke, subscriber: str, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = keep(1, age=600)
    newest = keep(2, age=300, published=True)

    answer = invoke("status")

    assert answer == {
        "action": "status",
        "tags": dict.fromkeys(template.topic_slugs()) | {SLUG: newest.received_at},
        "pending": {"count": 1, "more": False, "oldest": waiting.received_at},
        "setAside": {"count": 0, "more": False, "events": []},
        "unknown": {},
    }
    assert received(subscriber) == []
    (line,), metrics = printed(capsys)
    assert (line["level"], line["message"], metrics) == ("INFO", "status told", [])


def test_what_is_set_aside_is_named_and_a_replay_publishes_it_for_good(
    invoke: Invoke, subscriber: str
) -> None:
    event = keep(1, age=600)
    store = EventStore(boto3.client("dynamodb"), template.EVENT_TABLE, retention_days=1)
    claim = store.take_over(event.key)
    assert claim is not None
    store.refuse(claim, set_aside=True)

    named = invoke("status")["setAside"]
    assert named == {
        "count": 1,
        "more": False,
        "events": [{"id": event.id, "slug": SLUG, "receivedAt": event.received_at}],
    }
    assert invoke("sweep")["counts"]["recovered"] == 0
    assert received(subscriber) == []

    assert invoke("replay", ids=[named["events"][0]["id"]])["counts"]["replayed"] == 1

    assert invoke("status")["setAside"]["count"] == 0
    (message,) = received(subscriber)
    assert message["MessageAttributes"]["replayed"]["Value"] == "true"


def test_what_cannot_be_known_of_the_table_is_named_with_the_reason(
    invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("dynamodb").delete_table(TableName=template.EVENT_TABLE)

    answer = invoke("status")

    reason = "Query: ResourceNotFoundException"
    assert answer == {
        "action": "status",
        "tags": {},
        "pending": {"count": 0, "more": False, "oldest": None},
        "setAside": {"count": 0, "more": False, "events": []},
        "unknown": dict.fromkeys(["pending", "setAside", *template.topic_slugs()], reason),
    }
    assert printed(capsys)[0][0]["level"] == "WARNING"


def test_nothing_of_an_events_content_is_printed(invoke: Invoke, capsys: pytest.CaptureFixture[str]) -> None:
    keep(1, age=600)
    invoke("sweep")
    keep(2, age=600)
    boto3.client("sns").delete_topic(TopicArn=template.TOPIC_PREFIX + SLUG)
    invoke("sweep")
    invoke("replay")

    said = "".join(capsys.readouterr())

    assert "Publish: NotFound" in said
    assert BODY not in said
    assert json.dumps(BODY) not in said


def test_a_wrong_request_is_an_error_that_names_the_field(invoke: Invoke) -> None:
    with ends_with(error_types.INVALID_REQUEST, "limit"):
        invoke("replay", limit=0)


def test_the_function_is_built_on_the_clock_and_the_clients_it_is_given(
    invoke: Invoke, subscriber: str
) -> None:
    app, later = import_module("recovery.app"), time.time() + LEASE_SECONDS + 1
    made: list[str] = []

    def client(service: str) -> Any:
        made.append(service)
        return boto3.client(service)  # type: ignore[call-overload]

    keep(1, age=0)
    actions = app.build(app.settings, clock=lambda: later, client=client)
    waiting = actions.status(lambda: 240).pending.count
    swept = actions.sweep(lambda: 240)

    assert (waiting, swept.recovered, made) == (1, 1, ["dynamodb", "sns"])
    assert LEASE_SECONDS <= swept.waits[0] <= LEASE_SECONDS + 2
    assert len(received(subscriber)) == 1


@pytest.mark.parametrize("count", [0, 1, MOST_REFUSED, MOST_REFUSED + 1])
def test_of_what_sns_refuses_all_is_counted_and_so_many_are_named(invoke: Invoke, count: int) -> None:
    app: Any = import_module("recovery.app")
    clients = {"sns": RefusingTopics(), "dynamodb": boto3.client("dynamodb")}
    kept = [keep(number, age=600).id for number in range(count)]
    app.actions = app.build(app.settings, client=clients.__getitem__)

    answer = invoke("replay")

    assert (answer["counts"]["refused"], answer["counts"]["matched"]) == (count, count)
    assert (answer["counts"]["replayed"], answer["stopped"], answer["cursor"]) == (0, "", None)
    assert len(answer["refused"]) == min(count, MOST_REFUSED)
    assert set(answer["refused"]) <= set(kept)


class RefusingTopics:
    """SNS that refuses what the test says, and else is the mock's."""

    refuses = True

    def __init__(self) -> None:
        self._sns = boto3.client("sns")

    def publish(self, **message: Any) -> Any:
        if self.refuses:
            raise ClientError({"Error": {"Code": "InvalidParameter"}}, "Publish")
        return self._sns.publish(**message)


def test_what_sns_refuses_is_set_aside_named_by_the_status_and_published_by_a_replay_of_its_id(
    invoke: Invoke, subscriber: str
) -> None:
    app, topics, now = import_module("recovery.app"), RefusingTopics(), [time.time()]
    clients = {"sns": topics, "dynamodb": boto3.client("dynamodb")}
    actions = app.build(app.settings, clock=lambda: now[0], client=clients.__getitem__)
    event, aside = keep(1, age=600), 0
    for _ in range(SET_ASIDE_AFTER):
        aside += actions.sweep(lambda: 240).set_aside
        now[0] += LEASE_SECONDS + 1

    status = actions.status(lambda: 240)
    assert (aside, status.pending.count, status.set_aside.count) == (1, 0, 1)
    (named,) = status.set_aside.events
    assert (named.id, named.slug, named.received_at) == (event.id, SLUG, event.received_at)
    replay = Replay(ids=(named.id,))
    again = actions.replay(replay, lambda: 240)
    assert (again.refused, again.published, again.stopped) == ((event.id,), 0, "")

    topics.refuses = False
    assert actions.replay(replay, lambda: 240).published == 1
    (message,) = received(subscriber)
    assert message["Message"] == event.envelope
    status = actions.status(lambda: 240)
    assert (status.pending.count, status.set_aside.count) == (0, 0)


def test_the_template_gives_the_function_what_its_settings_read_and_time_for_steps(invoke: Invoke) -> None:
    app = import_module("recovery.app")

    assert template.variables("RecoveryFunction") == {name.upper() for name in app.Settings.model_fields}
    timeout = template.RESOURCES["RecoveryFunction"]["Properties"]["Timeout"]
    assert 3 * STEP_SECONDS <= timeout < 300
