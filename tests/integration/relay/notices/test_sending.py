"""An application puts notices on the queue."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from notice.queue.records import QueuedNotice, read_records
from relay.notices.record import InvalidRecordError, read_record
from relay.notices.sending import LARGEST_RECORD_BYTES, RECORD_BYTES, NotSent, check, enqueue
from tests.support import template
from tests.support.outbound import NOW, event, message, record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class Queue:
    """The notice queue in mock SQS, and every request that was sent to it."""

    def __init__(self) -> None:
        self.sqs: SQSClient = boto3.client("sqs")
        self.url = template.make_queue("NoticeQueue")
        self.requests: list[list[str]] = []
        self.sqs.meta.events.register("provide-client-params.sqs.SendMessageBatch", self._note)

    def _note(self, params: Any, **_: object) -> None:
        self.requests.append([entry["MessageBody"] for entry in params["Entries"]])

    def send(self, notices: list[Any], org: str = "o-1", **more: Any) -> list[NotSent]:
        return enqueue(org, notices, queue_url=self.url, sqs=self.sqs, **more)

    def bodies(self) -> list[str]:
        return [body for request in self.requests for body in request]

    def notices(self) -> list[QueuedNotice]:
        """What the relay reads from all that was sent."""
        records = read_records(event(*(record(body=body) for body in self.bodies())), NOW)
        found = [entry.notice for each in records for entry in each.places]
        assert all(isinstance(one, QueuedNotice) for one in found)
        return [one for one in found if isinstance(one, QueuedNotice)]


@pytest.fixture
def queue(cloud: None) -> Queue:
    return Queue()


@pytest.mark.parametrize(
    ("count", "records", "requests"), [(0, 0, 0), (1, 1, 1), (100, 1, 1), (101, 2, 1), (10_000, 100, 10)]
)
def test_notices_travel_a_hundred_to_a_record_and_ten_records_to_a_request(
    queue: Queue, count: int, records: int, requests: int
) -> None:
    given = [message(f"n-{number}") for number in range(count)]

    assert queue.send(given) == []

    assert (len(queue.bodies()), len(queue.requests)) == (records, requests)
    assert [one.message_id for one in queue.notices()] == [one["messageId"] for one in given]


def test_what_the_relay_would_reject_is_named_and_the_rest_is_sent(queue: Queue) -> None:
    not_sent = queue.send([message("a"), message("b", messageType=2), message("c"), "text"])

    assert [one.position for one in not_sent] == [1, 3]
    assert not_sent[0].reason == "messageType: must be 1"
    assert [one.message_id for one in queue.notices()] == ["a", "c"]


def test_every_record_has_the_last_moment_of_its_notices(queue: Queue) -> None:
    given = [message(f"n-{number}") for number in range(101)]

    assert queue.send(given, not_after="2026-11-22T18:00:00+08:00") == []

    assert [read_record(body).not_after for body in queue.bodies()] == ["2026-11-22T18:00:00+08:00"] * 2


def test_a_last_moment_that_would_cost_all_their_record_is_not_sent(queue: Queue) -> None:
    with pytest.raises(InvalidRecordError, match="notAfter: a time with its zone"):
        queue.send([message("a")], not_after="tomorrow")
    assert queue.requests == []


@pytest.mark.parametrize("org", ["", " ", None, 7, "a\nb"])
def test_a_record_without_a_usable_organisation_is_not_sent(queue: Queue, org: Any) -> None:
    with pytest.raises(InvalidRecordError, match="orgId: required, a printable string"):
        queue.send([message("a")], org=org)

    assert queue.requests == []


@pytest.mark.parametrize("over", [0, 1])
def test_a_notice_goes_up_to_the_size_of_a_record(queue: Queue, over: int) -> None:
    room = LARGEST_RECORD_BYTES - len('{"orgId":"o-1","messages":[]}')
    text = "中" * 1000
    given = message("a", header=text)
    given["x"] = "x" * (
        room + over - len(json.dumps(given | {"x": ""}, ensure_ascii=False, separators=(",", ":")).encode())
    )

    not_sent = queue.send([message("before"), given, message("after")])

    assert [one.position for one in not_sent] == [1][:over]
    assert len(queue.notices()) == 3 - over
    assert max(len(body.encode()) for body in queue.bodies()) <= LARGEST_RECORD_BYTES


@pytest.mark.parametrize(("over", "records"), [(0, 1), (1, 2)])
def test_a_record_is_filled_to_the_last_byte(queue: Queue, over: int, records: int) -> None:
    given = [message("a", x="x" * 100_000), message("b", x="")]
    body = json.dumps({"orgId": "o-1", "messages": given}, ensure_ascii=False, separators=(",", ":"))
    given[1]["x"] = "x" * (RECORD_BYTES + over - len(body.encode()))

    queue.send(given)

    sizes = [len(body.encode()) for body in queue.bodies()]
    assert len(sizes) == records
    assert sizes == [RECORD_BYTES] or max(sizes) < RECORD_BYTES


@pytest.mark.parametrize("size", [1000, 30_000, 100_000, 200_000, 500_000])
def test_records_and_requests_stay_within_what_sqs_takes(queue: Queue, size: int) -> None:
    given = [message(f"n-{number}", body="中" * (size // 3)) for number in range(25)]

    assert queue.send(given) == []

    assert len(queue.notices()) == 25
    for request in queue.requests:
        assert len(request) <= 10
        assert len(request) == 1 or sum(len(body.encode()) for body in request) <= 262_144


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ufffe", "\uffff", "😀", '"', "\\"])
def test_every_character_arrives(queue: Queue, character: str) -> None:
    assert queue.send([message("a", ext=character)], org=f"o {character!r}") == []

    (one,) = queue.notices()
    assert json.loads(one.wire)["ext"] == character
    assert not set(queue.bodies()[0]) & {"\x00", "\x0b", "\ufffe", "\uffff"}  # The mock would take them.


def test_text_that_is_not_unicode_is_not_sent(queue: Queue) -> None:
    assert queue.send([message("a", ext="\ud800")]) == [NotSent(0, "it cannot be written as UTF-8 JSON")]


def test_what_sqs_does_not_take_is_told_by_position(queue: Queue) -> None:
    class Refusing:
        def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
            return {"Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}]}

    refusing: Any = Refusing()
    given = [message(f"n-{number}") for number in range(250)]

    not_sent = enqueue("o-1", given, queue_url="x", sqs=refusing)

    assert not_sent == [NotSent(number, "SQS: InternalError") for number in range(100, 200)]


def test_one_external_app_under_two_names_is_noticed() -> None:
    one = {"default": "Portal", "zh_CN": "门户"}
    same = {"i18nValue": {"zh_CN": "门户"}, "defaultValue": "Portal"}
    other = {"default": "Portal", "zh_CN": "入口"}
    given = [message(f"n-{n}", appId=None, appName=name) for n, name in enumerate([one, same, other])]

    assert [found.position for found in check(given)] == [2]
    assert check([message("a", appName=one), message("b", appName=other)]) == []


def test_a_notice_in_parts_that_did_not_all_arrive_is_named_once(queue: Queue) -> None:
    notice = message("b", targets=[f"u{number:06}" for number in range(100_000)])
    requests: list[int] = []

    class Refusing:
        def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
            requests.append(len(Entries))
            return {"Failed": [{"Id": "0", "Code": "InternalError"}] if len(requests) < 3 else []}

    refusing: Any = Refusing()

    assert enqueue("o-1", [notice], queue_url="x", sqs=refusing) == [NotSent(0, "SQS: InternalError")]
    assert len(requests) == 4


def test_a_queue_that_takes_less_than_a_large_notice_says_so_of_that_one(queue: Queue) -> None:
    queue.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"MaximumMessageSize": "262144"})
    large = message("b", body="x" * 400_000)

    assert queue.send([message("a"), large, message("c")]) == [NotSent(1, "SQS: InvalidParameterValue")]
