"""What a sender is told: on a topic in mock SNS, and on the notice queue while that is in trouble."""

import json
import math
import socket
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from notice.outcomes import Accepted, Deferred, Outcome, Reason, Rejected
from notice.queue.outcome_events import EVENT_BYTES
from notice.queue.records import QueuedNotice, Record, read_records
from notice.queue.settlement import QUEUE_SECONDS, RecordOutcome, Settlement
from notice.queue.visibility import EXPIRY_SECONDS, RETENTION_SECONDS
from relay import aws
from relay.aws import TimeLimit
from tests.support import template
from tests.support.outbound import NOW, TopicStub, deadline, event, message, record, settler

REFUSED = Rejected("400", "parameter.invalid: 没有这个用户")
LATER = Deferred(Reason.UNAVAILABLE)
DOWN = ClientError({"Error": {"Code": "InternalError"}}, "PublishBatch")


class Told:
    """The template's queues and the topic of outcomes, with a queue that subscribes to it."""

    def __init__(self) -> None:
        self.sqs, self.sns = boto3.client("sqs"), boto3.client("sns")
        self.queue = template.make_queue("NoticeQueue")
        self.dead = template.make_queue("NoticeDeadLetterQueue")
        self.topic = template.make_outcome_topic()
        self.subscriber = self.sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        arn = f"arn:aws-cn:sqs:{template.REGION}:{template.ACCOUNT}:subscriber"
        raw = {"RawMessageDelivery": "true"}
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=raw)

    def settle(
        self,
        given: list[Record],
        outcomes: dict[str, Outcome],
        *,
        now: float = NOW,
        seconds: float = 50,
        sns: Any = None,
        sqs: Any = None,
    ) -> Settlement:
        known = {
            one.notice: outcomes[one.message_id]
            for each in given
            for one in each.places
            if isinstance(one.notice, QueuedNotice)
        }
        settles = settler(
            sqs or self.sqs, sns or self.sns, queue=self.queue, dead=self.dead, topic=self.topic
        )
        ends = [RecordOutcome.of(each, known) for each in given]
        return settles.settle(ends, {}, now, deadline(seconds))

    def take(self, url: str) -> list[dict[str, Any]]:
        """All that is in a queue, and will be within a minute, taken out of it."""
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
        found: list[Any] = []
        while answer := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        ).get("Messages"):
            found += answer
            for one in answer:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def heard(self) -> list[Any]:
        """The events that the subscriber got, sorted by outcome."""
        events = [json.loads(one["Body"]) for one in self.take(self.subscriber)]
        return sorted(events, key=lambda one: str(one["data"]["outcome"]))


class Keeping:
    """SQS that keeps what is put on the notice queue, and passes the rest on."""

    def __init__(self, told: Told, error: Exception | None = None) -> None:
        self._told, self._error = told, error
        self.bodies: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        if QueueUrl == self._told.dead:
            return self._told.sqs.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)
        if self._error:
            raise self._error
        assert all(one["DelaySeconds"] > 0 for one in Entries)
        self.bodies += [one["MessageBody"] for one in Entries]
        return {}

    def change_message_visibility_batch(self, **_: object) -> dict[str, Any]:
        return {}


@pytest.fixture
def told(cloud: None) -> Told:
    return Told()


def read(*given: dict[str, Any]) -> list[Record]:
    return list(read_records(event(*given), NOW))


def put_off(told: Told, outcomes: dict[str, Outcome], **more: Any) -> list[Record]:
    """The records on which the outcomes of a record were put off."""
    sqs = Keeping(told)
    told.settle(read(record(*map(message, outcomes))), outcomes, sns=TopicStub(DOWN), sqs=sqs)
    told.take(told.dead)
    return read(*(record(body=body, name=f"r-{n}", **more) for n, body in enumerate(sqs.bodies)))


def test_a_sender_is_told_of_each_outcome_of_a_record_once(told: Told) -> None:
    given = read(record(message("a"), message("b"), message("c"), org="组织 1"))

    done = told.settle(given, {"a": Accepted(), "b": REFUSED, "c": Accepted()})

    accepted, rejected = told.heard()
    assert len(accepted.pop("id")) == 32
    assert accepted == {
        "specversion": "1.0",
        "source": "urn:mozi:relay",
        "type": "notice.outcome.v1",
        "time": "2023-11-14T22:13:20.000Z",
        "datacontenttype": "application/json",
        "data": {
            "orgId": "组织 1",
            "outcome": "accepted",
            "notices": [{"messageId": "a"}, {"messageId": "c"}],
        },
    }
    assert rejected["data"] == {
        "orgId": "组织 1",
        "outcome": "rejected",
        "notices": [
            {"messageId": "b", "errorCode": "400", "errorMessage": "parameter.invalid: 没有这个用户"}
        ],
    }
    assert (done.returned, done.put_off, done.events_not_published) == ([], 0, {})


def test_filter_policies_have_organisation_and_outcome(told: Told) -> None:
    told.settle(read(record(message("a"))), {"a": Accepted()})

    (got,) = told.take(told.subscriber)
    attributes = {name: value["StringValue"] for name, value in got["MessageAttributes"].items()}
    assert attributes == {"orgId": "o-1", "outcome": "accepted"}


def test_a_repeat_has_the_same_id_and_nothing_else_has(told: Told) -> None:
    for name in ("r-1", "r-1", "r-2"):
        told.settle(read(record(message("a"), name=name)), {"a": Accepted()})
    told.settle(read(record(message("a"), name="r-1")), {"a": REFUSED})

    ids = [one["id"] for one in told.heard()]
    assert len(ids) == 4
    assert len(set(ids)) == 3


@pytest.mark.parametrize("outcome", [LATER, Deferred(Reason.NOT_ALLOWED)])
def test_of_a_record_that_stays_nobody_is_told(told: Told, outcome: Outcome) -> None:
    told.settle(read(record(message("a"), message("b"))), {"a": REFUSED, "b": outcome})

    assert told.heard() == []


def test_of_a_record_that_could_not_be_read_nobody_is_told(told: Told) -> None:
    told.settle(read(record(body="not JSON")), {})

    assert told.heard() == []
    assert len(told.take(told.dead)) == 1


def test_a_notice_that_breaks_a_rule_is_told_as_rejected(told: Told) -> None:
    told.settle(read(record(message("a", messageType=2), {"body": "x"})), {})

    (rejected,) = told.heard()
    first, second = rejected["data"]["notices"]
    assert first["messageId"] == "a"
    assert first["errorMessage"] == "messageType: must be 1"
    assert (second["messageId"], second["errorCode"]) == ("", "InvalidNotice")


@pytest.mark.parametrize("count", [1, 10, 11, 250])
def test_events_fit_into_requests(told: Told, count: int) -> None:
    given = read(*(record(message(f"n-{number}"), name=f"r-{number}") for number in range(count)))

    told.settle(given, {f"n-{number}": Accepted() for number in range(count)})

    names = [one["messageId"] for each in told.heard() for one in each["data"]["notices"]]
    assert sorted(names) == sorted(f"n-{number}" for number in range(count))


def test_what_the_topic_does_not_take_goes_on_the_queue_and_the_record_leaves(told: Told) -> None:
    sqs = Keeping(told)

    done = told.settle(
        read(record(message("a"), message("b"))),
        {"a": Accepted(), "b": REFUSED},
        sns=TopicStub(DOWN),
        sqs=sqs,
    )

    assert [set(json.loads(body)) for body in sqs.bodies] == [{"outcome"}, {"outcome"}]
    assert (done.returned, done.accepted, done.rejected.total()) == ([], 1, 1)
    assert (done.put_off, done.events_not_published) == (2, {"InternalError": 2})
    assert len(told.take(told.dead)) == 1


def test_what_was_put_off_is_published_as_it_was(told: Told) -> None:
    later = put_off(told, {"a": Accepted(), "b": REFUSED}, receives=3)

    done = told.settle(later, {}, now=NOW + 3600)

    told.settle(read(record(message("a"), message("b"))), {"a": Accepted(), "b": REFUSED})
    accepted, again, rejected, too = told.heard()
    assert (accepted, rejected) == (again, too)
    assert len(told.take(told.dead)) == 1  # Of the second settling alone.
    assert (done.returned, done.accepted, done.rejected.total(), done.put_off) == ([], 0, 0, 0)


def test_what_was_put_off_stays_while_the_topic_is_in_trouble_and_is_no_notice(told: Told) -> None:
    later, sqs = put_off(told, {"a": Accepted()}, receives=3), Keeping(told)

    done = told.settle(later, {}, sns=TopicStub(DOWN), sqs=sqs)

    assert (done.returned, done.put_off, done.deferred, done.oldest_deferred) == (["r-0"], 1, 0, None)
    assert sqs.bodies == []


def test_what_was_put_off_for_as_long_as_the_queue_keeps_it_is_kept_among_the_dead_letters(
    told: Told,
) -> None:
    sent_at = NOW - RETENTION_SECONDS + EXPIRY_SECONDS - 1
    later = put_off(told, {"a": REFUSED}, sent_at=sent_at)

    done = told.settle(later, {}, sns=TopicStub(DOWN), sqs=Keeping(told))

    (letter,) = told.take(told.dead)
    assert letter["MessageAttributes"]["errorCode"]["StringValue"] == "Expired"
    assert letter["Body"] == later[0].places[0].sent
    assert (done.returned, done.rejected.total()) == ([], 0)


def test_only_when_neither_takes_it_the_record_stays_without_a_dead_letter(told: Told) -> None:
    sqs = Keeping(told, DOWN)
    given = read(record(message("a"), message("b"), name="r-a"), record(body="not JSON", name="r-b"))

    done = told.settle(given, {"a": Accepted(), "b": REFUSED}, sns=TopicStub(DOWN), sqs=sqs)

    assert (done.returned, done.deferred) == (["r-a"], 2)
    assert [one["Body"] for one in told.take(told.dead)] == ["not JSON"]


def test_it_is_told_before_a_dead_letter_is_written(told: Told) -> None:
    done: list[str] = []

    class Sns(TopicStub):
        def publish_batch(self, **given: Any) -> dict[str, Any]:
            done.append("told")
            return super().publish_batch(**given)

    class Sqs(Keeping):
        def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
            done.append("written")
            return super().send_message_batch(QueueUrl, Entries)

    told.settle(read(record(message("a"))), {"a": REFUSED}, sns=Sns(), sqs=Sqs(told))

    assert done == ["told", "written"]


def test_without_time_for_a_call_that_hangs_it_is_put_off_at_once(told: Told) -> None:
    sns, sqs = TopicStub(), Keeping(told)

    done = told.settle(read(record(message("a"))), {"a": Accepted()}, seconds=3, sns=sns, sqs=sqs)

    assert (sns.events, len(sqs.bodies), done.returned) == ([], 1, [])


@pytest.fixture
def silence() -> Iterator[str]:
    """Where whoever connects is never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_topic_that_never_answers_costs_one_call_and_holds_up_no_record(
    told: Told, silence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", silence)
    limit, sqs = TimeLimit(), Keeping(told)
    settles = settler(sqs, aws.client("sns", limit), queue=told.queue, dead=told.dead, limit=limit)
    given = read(*(record(message(f"n-{n}"), name=f"r-{n}") for n in range(100)))
    known = {notice: REFUSED for one in given if isinstance(notice := one.places[0].notice, QueuedNotice)}
    began = time.monotonic()

    ends = [RecordOutcome.of(one, known) for one in given]
    done = settles.settle(ends, {}, NOW, deadline(5 + QUEUE_SECONDS))

    assert time.monotonic() - began < 7
    assert (done.returned, done.rejected.total(), len(sqs.bodies)) == ([], 100, 100)
    assert set(done.events_not_published) <= {ReadTimeoutError.__name__, "NoTime"}
    assert len(told.take(told.dead)) == 100


ODD: list[Any] = [
    None,
    "zzz",
    {},
    {"messageId": "n-1"},
    ["n-1"],
    [["messageId"]],
    [{}],
    [{"messageId": None}],
    [{"messageId": "n-1"}, {"messageId": "n-2", "errorCode": 400}],
    [{"messageId": "n-1", "errorMessage": ["x"]}],
]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "notice.outcome.v2"}, "another type"),
        ({"source": "urn:mozi:gateway"}, "another source"),
        ({"specversion": "2.0"}, "another CloudEvents"),
        ({"datacontenttype": "text/plain"}, "another form of data"),
        ({"id": ""}, "no id"),
        ({"id": 7}, "an id that is no text"),
        ({"id": math.inf}, "what is no JSON"),
        ({"more": [math.nan]}, "what is no JSON, anywhere"),
        ({"time": "yesterday"}, "no time"),
        ({"data": {"orgId": "", "outcome": "accepted", "notices": []}}, "no organisation"),
        ({"data": {"orgId": "o-1", "outcome": "deferred", "notices": []}}, "no outcome"),
        ({"data": 7}, "no data"),
        *(({"data": {"orgId": "o-1", "outcome": "accepted", "notices": odd}}, "no notices") for odd in ODD),
        ({"more": "x" * EVENT_BYTES}, "too large"),
    ],
)
def test_a_record_of_another_s_making_is_no_outcome(told: Told, change: dict[str, Any], why: str) -> None:
    (kept,) = put_off(told, {"a": Accepted()})
    made = json.loads(kept.places[0].sent)["outcome"] | change

    for body in (json.dumps({"outcome": made}), json.dumps({"outcome": made, "orgId": "o-1"})):
        (found,) = read(record(body=body))
        assert found.put_off is None, why
        assert isinstance(found.places[0].notice, Rejected)
