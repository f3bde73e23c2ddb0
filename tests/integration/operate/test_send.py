"""A file of notices arrives on a queue of mock SQS, and the relay reads from it what was written."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from notice.queue.records import QueuedNotice, read_records
from operate.stack import Stack
from relay.json_text import Json
from relay.notices.sending import NotSent, check, enqueue
from tests.support import template
from tests.support.command_line import ran
from tests.support.outbound import NOW, event, message, record


def on_queue(url: str) -> list[str]:
    """The bodies of all SQS messages, taken off the queue."""
    bodies: list[str] = []
    while found := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [one["Body"] for one in found]
    return bodies


def relayed(bodies: list[str]) -> list[Any]:
    records = read_records(event(*(record(body=body) for body in bodies)), NOW)
    return [entry.notice for each in records for entry in each.places]


def test_a_file_arrives_and_the_relay_can_read_each_of_its_notices(cloud: None, tmp_path: Path) -> None:
    url = template.make_queue("NoticeQueue")
    clients: Any = {"sqs": boto3.client("sqs")}
    stack = Stack("relay", {"NoticeQueueUrl": url}, clients.__getitem__)
    file = tmp_path / "notices.jsonl"
    lines = [json.dumps({"orgId": f"o-{number % 2}"} | message(f"n-{number}")) for number in range(302)]
    file.write_text("\n".join(lines), "utf-8")

    result = ran("send", str(file), "--stack", "relay", "--json", connect=lambda *_: stack)
    bodies = on_queue(url)

    assert result.status == 0
    assert json.loads(result.stdout)["counts"]["sqsMessages"] == len(bodies) == 4
    assert all(isinstance(one, QueuedNotice) for one in relayed(bodies))
    assert {(one.org_id, one.message_id) for one in relayed(bodies)} == {
        (f"o-{number % 2}", f"n-{number}") for number in range(302)
    }


def test_a_stack_without_a_notice_queue_is_wrong(cloud: None, tmp_path: Path) -> None:
    file = tmp_path / "notices.jsonl"
    file.write_text("", "utf-8")
    nothing: dict[str, Any] = {}
    stack = Stack("relay", nothing, nothing.__getitem__)
    result = ran("send", str(file), "--stack", "relay", connect=lambda *_: stack)

    assert result.status == 2
    assert "no output NoticeQueueUrl" in result.stderr


def test_an_application_may_give_a_notice_as_the_text_it_came_in(cloud: None) -> None:
    url, sqs = template.make_queue("NoticeQueue"), boto3.client("sqs")
    text = '{"messageId": "a", "ext": [1.10, "\ufffe"]}'

    assert enqueue("o-1", [Json(json.loads(text), text)], queue_url=url, sqs=sqs) == []
    assert on_queue(url) == ['{"orgId":"o-1","messages":[{"messageId": "a", "ext": [1.10, "\\ufffe"]}]}']


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**4300, object(), b"x"], ids=lambda value: type(value).__name__
)
def test_a_value_that_would_cost_its_neighbours_their_record_is_not_sent(cloud: None, value: object) -> None:
    url, sqs = template.make_queue("NoticeQueue"), boto3.client("sqs")
    given = [message("a"), message("b", ext=value), message("c")]

    assert [one.position for one in check(given)] == [1]
    (not_sent,) = enqueue("o-1", given, queue_url=url, sqs=sqs)

    assert isinstance(not_sent, NotSent)
    assert not_sent.position == 1
    assert [one.message_id for one in relayed(on_queue(url))] == ["a", "c"]
