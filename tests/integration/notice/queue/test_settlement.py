"""What becomes of records: dead letters and waits in mock SQS."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from notice.inquiry import Held
from notice.outcomes import Accepted, Deferred, Outcome, Reason, Rejected
from notice.queue.dead_letters import DeadLetter, DeadLetters, dead_letter
from notice.queue.records import Place, QueuedNotice, Record, read_records
from notice.queue.settlement import RecordOutcome, Settlement, Settler
from notice.queue.visibility import EXPIRY_SECONDS, RETENTION_SECONDS
from relay.sqs import REQUEST_BYTES, in_requests
from tests.support import template
from tests.support.outbound import NOW, TopicStub, deadline, event, message, record, settler

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REFUSED = Rejected("400", "parameter.invalid")
LATER = Deferred(Reason.UNAVAILABLE)


class Queues:
    """The template's two queues in mock SQS, and what a settler does with them."""

    def __init__(self) -> None:
        self.sqs: SQSClient = boto3.client("sqs")
        self.queue = template.make_queue("NoticeQueue")
        self.dead = template.make_queue("NoticeDeadLetterQueue")
        self.topic = TopicStub()

    def settler(self, client: "Callable[[], SQSClient] | None" = None) -> Settler:
        make = client or (lambda: self.sqs)
        return settler(make, self.topic, queue=self.queue, dead=self.dead)

    def settle(
        self,
        given: list[Record],
        outcomes: Mapping[str, Outcome],
        *,
        now: float = NOW,
        seconds: float = 50,
        held: Mapping[QueuedNotice, Held] | None = None,
        **options: Any,
    ) -> Settlement:
        """Settle with outcomes by messageId."""
        known = {
            entry.notice: outcomes[entry.message_id]
            for each in given
            for entry in each.places
            if isinstance(entry.notice, QueuedNotice)
        }
        ends = [RecordOutcome.of(each, known) for each in given]
        return self.settler(**options).settle(ends, held or {}, now, deadline(seconds))

    def raw_letters(self) -> list[dict[str, Any]]:
        """The attributes of what is in the dead-letter queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [dict(each.get("MessageAttributes", {})) for each in answer.get("Messages", ())]

    def letters(self) -> list[dict[str, Any]]:
        """All that is in the dead-letter queue, taken out of it."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
            )
            if not answer.get("Messages"):
                return found
            for each in answer["Messages"]:
                self.sqs.delete_message(QueueUrl=self.dead, ReceiptHandle=each["ReceiptHandle"])
                attributes = each.get("MessageAttributes", {})
                values = {name: value["StringValue"] for name, value in attributes.items()}
                found.append({"body": each["Body"], **values})

    def received(self, body: str = "{}") -> str:
        """Receipt of a message that was just received from the notice queue."""
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)
        return self.sqs.receive_message(QueueUrl=self.queue)["Messages"][0]["ReceiptHandle"]


@pytest.fixture
def queues(cloud: None) -> Queues:
    return Queues()


def read(*given: dict[str, Any]) -> list[Record]:
    return list(read_records(event(*given), NOW))


def test_a_record_whose_notices_are_all_accepted_leaves(queues: Queues) -> None:
    done = queues.settle(read(record(message("a"), message("b"))), {"a": Accepted(), "b": Accepted()})

    assert done.returned == []
    assert done.accepted == 2
    assert done.oldest_accepted == NOW
    assert queues.letters() == []


def test_a_rejected_notice_is_a_dead_letter_that_the_queue_would_take_again(queues: Queues) -> None:
    text = '{"messageId": "b" , "x":1.10}'
    given = read(record(body=f'{{"orgId":"组织 \\"1\\"","messages":[{json.dumps(message("a"))}, {text}]}}'))

    done = queues.settle(given, {"a": Accepted(), "b": REFUSED})

    (found,) = queues.letters()
    assert found["body"] == '{"orgId":"组织 \\"1\\"","messages":[' + text + "]}"
    assert {name: found[name] for name in ("errorCode", "errorMessage", "orgId", "messageId")} == {
        "errorCode": "400",
        "errorMessage": "parameter.invalid",
        "orgId": '组织 "1"',
        "messageId": "b",
    }
    again = read(record(body=found["body"]))[0].places[0].notice
    assert again == given[0].places[1].notice
    assert done.returned == []
    assert done.rejected == {('组织 "1"', "400"): 1}


def test_a_record_that_cannot_be_read_is_a_dead_letter_verbatim(queues: Queues) -> None:
    done = queues.settle(read(record(body="not JSON")), {})

    (found,) = queues.letters()
    assert found["body"] == "not JSON"
    assert found["errorCode"] == "InvalidNotice"
    assert "orgId" not in found
    assert done.returned == []


def test_a_notice_that_breaks_a_rule_is_a_dead_letter_beside_accepted_ones(queues: Queues) -> None:
    queues.settle(read(record(message("a"), message("b", messageType=2))), {"a": Accepted()})

    (found,) = queues.letters()
    assert (found["messageId"], found["errorCode"]) == ("b", "InvalidNotice")
    assert found["errorMessage"] == "messageType: must be 1"


@pytest.mark.parametrize("returns", [1, 5])
def test_a_record_with_a_rejected_and_a_deferred_notice_doubles_and_loses_nothing(
    queues: Queues, returns: int
) -> None:
    for receives in range(1, returns + 1):
        given = read(record(message("a"), message("b"), message("c"), receives=receives))
        done = queues.settle(given, {"a": Accepted(), "b": REFUSED, "c": LATER})
        assert done.returned == ["r-1"]
        assert (done.accepted, done.rejected.total(), done.deferred) == (0, 0, 1)
        assert queues.letters() == []

    done = queues.settle(given, {"a": Accepted(), "b": REFUSED, "c": Accepted()})

    assert [found["messageId"] for found in queues.letters()] == ["b"]
    assert done.returned == []
    assert (done.accepted, done.rejected.total()) == (2, 1)


class Failing:
    """SQS that fails on what is named, and passes the rest on."""

    def __init__(self, sqs: "SQSClient", *, entries: Callable[[str], bool], calls: bool = False) -> None:
        self._sqs, self._fails, self._calls = sqs, entries, calls

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        if self._calls:
            raise ClientError({"Error": {"Code": "InternalError"}}, "SendMessageBatch")
        good = [each for each in Entries if not self._fails(each["MessageBody"])]
        if good:
            self._sqs.send_message_batch(QueueUrl=QueueUrl, Entries=good)
        return {"Failed": [{"Id": each["Id"], "Code": "Throttled"} for each in Entries if each not in good]}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        raise ClientError({"Error": {"Code": "InternalError"}}, "ChangeMessageVisibilityBatch")


def test_a_record_whose_dead_letter_is_not_written_stays(queues: Queues) -> None:
    failing: Any = Failing(queues.sqs, entries=lambda body: '"b"' in body)
    given = read(record(message("a"), name="r-a"), record(message("b"), name="r-b"))

    done = queues.settle(given, {"a": REFUSED, "b": REFUSED}, client=lambda: failing)

    assert done.returned == ["r-b"]
    assert [found["messageId"] for found in queues.letters()] == ["a"]
    assert (done.letters_not_written, done.rejected.total()) == ({"Throttled": 1}, 1)


def test_when_sqs_fails_everything_stays_and_nothing_is_raised(queues: Queues) -> None:
    failing: Any = Failing(queues.sqs, entries=lambda _: True, calls=True)
    given = read(record(message("a"), name="r-a"), record(message("b"), name="r-b"))

    done = queues.settle(given, {"a": REFUSED, "b": LATER}, client=lambda: failing)

    assert done.returned == ["r-a", "r-b"]
    assert (done.letters_not_written, done.waits_not_set) == ({"InternalError": 1}, {"InternalError": 2})


def test_without_time_nothing_is_written_and_everything_stays(queues: Queues) -> None:
    given = read(record(message("a"), name="r-a"), record(message("b"), name="r-b"))

    done = queues.settle(given, {"a": REFUSED, "b": LATER}, seconds=0)

    assert done.returned == ["r-a", "r-b"]
    assert (done.events_not_published, done.waits_not_set) == ({"NoTime": 1}, {"NoTime": 2})
    assert queues.letters() == []


def test_no_client_is_built_when_there_is_nothing_to_write(queues: Queues) -> None:
    def build() -> "SQSClient":
        raise AssertionError

    done = queues.settle(read(record(message("a"))), {"a": Accepted()}, client=build)

    assert done.accepted == 1


@pytest.mark.parametrize("count", [1, 10, 11, 250])
def test_dead_letters_fit_into_requests(queues: Queues, count: int) -> None:
    given = read(*(record(message(f"n-{number}"), name=f"r-{number}") for number in range(count)))

    done = queues.settle(given, {f"n-{number}": REFUSED for number in range(count)})

    names = Counter(found["messageId"] for found in queues.letters())
    assert names == {f"n-{number}": 1 for number in range(count)}
    assert done.returned == []


@pytest.mark.parametrize("count", [1, 10, 11, 1000])
def test_every_deferred_record_is_returned_and_waits(queues: Queues, count: int) -> None:
    waited: list[int] = []

    class Counting:
        def change_message_visibility_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
            assert 1 <= len(Entries) <= 10
            waited.extend(each["VisibilityTimeout"] for each in Entries)
            return {}

    counting: Any = Counting()
    given = read(*(record(message(f"n-{number}"), name=f"r-{number}") for number in range(count)))

    done = queues.settle(given, {f"n-{number}": LATER for number in range(count)}, client=lambda: counting)

    assert len(set(done.returned)) == count == len(waited)


def test_the_wait_of_a_record_is_the_longest_that_was_asked_for(queues: Queues) -> None:
    changes: list[Any] = []
    name = "provide-client-params.sqs.ChangeMessageVisibilityBatch"
    queues.sqs.meta.events.register(name, lambda params, **_: changes.append(params))
    given = read(record(message("a"), message("b"), message("c"), receipt=queues.received()))

    done = queues.settle(
        given,
        {
            "a": Deferred(Reason.UNAVAILABLE, "429", 50.0),
            "b": Deferred(Reason.UNAVAILABLE, "429", 4000.0),
            "c": Deferred(Reason.OUT_OF_TIME),
        },
    )

    (change,) = changes
    assert change["QueueUrl"] == queues.queue
    assert 4000 <= change["Entries"][0]["VisibilityTimeout"] <= 4600
    assert not done.waits_not_set


def test_a_receipt_that_is_no_longer_good_is_counted_and_tolerated(queues: Queues) -> None:
    done = queues.settle(read(record(message("a"), receipt="stale")), {"a": LATER})

    assert done.returned == ["r-1"]
    assert done.waits_not_set == {"ReceiptHandleIsInvalid": 1}


@pytest.mark.parametrize(
    ("to_live", "ends"), [(EXPIRY_SECONDS + 1, "returned"), (EXPIRY_SECONDS - 1, "expired")]
)
def test_a_record_about_to_outlive_the_queue_is_given_up_with_a_reason(
    queues: Queues, to_live: float, ends: str
) -> None:
    given = read(record(message("a"), message("b"), message("c"), sent_at=NOW - RETENTION_SECONDS + to_live))

    done = queues.settle(given, {"a": Accepted(), "b": REFUSED, "c": LATER})

    codes = {found["messageId"]: found["errorCode"] for found in queues.letters()}
    if ends == "returned":
        assert (done.returned, codes) == (["r-1"], {})
    else:
        assert (done.returned, codes) == ([], {"b": "400", "c": "Expired"})


# -- what SQS takes


def made(sent: str, why: Rejected, *, org: str | None = "o-1", name: str = "n-1") -> DeadLetter:
    one = Record("r-1", "receipt", 1, NOW, org, (Place(sent, why, name),))
    return dead_letter(one, one.places[0], why)


@pytest.mark.parametrize(
    "why",
    [
        Rejected("400", ""),
        Rejected("", "nothing"),
        Rejected("400", "bad \x00\x0b\ud800\uffff characters"),
        Rejected("4" * 1000, "很" * 100_000),
    ],
)
def test_attributes_are_what_sqs_takes(queues: Queues, why: Rejected) -> None:
    assert DeadLetters(queues.dead, lambda: queues.sqs).send([made("{}", why)], deadline()) == {}

    (found,) = queues.letters()
    assert "" not in found.values()
    assert "\x00" not in found.get("errorMessage", "")


def attribute(value: str, data_type: str = "String") -> dict[str, str]:
    """An attribute as Lambda gets it from SQS."""
    return {"binaryValue" if data_type == "Binary" else "stringValue": value, "dataType": data_type}


def test_what_a_sender_attached_comes_back_on_each_dead_letter(queues: Queues) -> None:
    given = {
        "traceparent": attribute("00-4bf9"),
        "attempt": attribute("7", "Number.int"),
        "key": attribute("AP8=", "Binary"),
    }
    queues.settle(
        read(record(message("a"), message("b"), attributes=given), record(body="?", attributes=given)),
        {"a": REFUSED, "b": Accepted()},
    )

    found = queues.raw_letters()
    assert len(found) == 2
    for attributes in found:
        assert attributes["traceparent"] == {"DataType": "String", "StringValue": "00-4bf9"}
        assert attributes["attempt"] == {"DataType": "Number.int", "StringValue": "7"}
        assert attributes["key"] == {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
        assert "errorCode" in attributes


@pytest.mark.parametrize("count", [5, 6, 7, 10])
def test_the_first_six_by_name_come_back_and_none_takes_the_place_of_a_reason(
    queues: Queues, count: int
) -> None:
    names = [f"a-{number}" for number in range(count)]
    given = {name: attribute("x") for name in [*reversed(names), "errorCode", "orgId"][-10:]}
    there = sorted(given.keys() & set(names))[:6]

    queues.settle(read(record(message("a"), attributes=given)), {"a": REFUSED})

    (found,) = queues.raw_letters()
    assert {name for name in found if name.startswith("a-")} == set(there)
    assert found["errorCode"]["StringValue"] == "400"
    assert found["orgId"]["StringValue"] == "o-1"


def test_a_sender_s_attributes_are_dropped_before_a_reason_is(queues: Queues) -> None:
    text = "x" * (262_144 - 100)
    large = record(body=text, attributes={"a": attribute("y" * 60)})

    queues.settle(read(large), {})

    (found,) = queues.raw_letters()
    assert set(found) == {"errorCode", "errorMessage"}


@pytest.mark.parametrize("limit", [262_144, 1_048_576])
@pytest.mark.parametrize("short", [0, 27, 28, 200, 3000])
def test_a_letter_as_large_as_a_message_may_be_drops_attributes_rather_than_be_lost(
    queues: Queues, limit: int, short: int
) -> None:
    text = "中" * ((limit - short) // 3) + " " * ((limit - short) % 3)

    one = made(text, Rejected("InvalidNotice", "x" * 900), org=None)

    assert one.body == text
    assert one.size <= limit
    assert bool(one.attributes) is (short >= 28)
    assert DeadLetters(queues.dead, lambda: queues.sqs).send([one], deadline()) == {}


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([], []),
        ([1], [1]),
        ([1] * 10, [10]),
        ([1] * 11, [10, 1]),
        ([REQUEST_BYTES], [1]),
        ([REQUEST_BYTES // 2] * 2, [2]),
        ([REQUEST_BYTES // 2, REQUEST_BYTES // 2 + 1], [1, 1]),
        ([1, REQUEST_BYTES + 1, 1], [1, 1, 1]),
    ],
)
def test_requests_hold_ten_letters_and_so_many_bytes(sizes: list[int], parts: list[int]) -> None:
    assert [len(part) for part in in_requests(sizes, int)] == parts


def test_an_empty_record_can_still_be_a_dead_letter(queues: Queues) -> None:
    queues.settle(read(record(body="")), {})

    (found,) = queues.letters()
    assert found["errorCode"] == "InvalidNotice"
    assert found["body"] == " "  # The mock takes an empty one, SQS does not.
