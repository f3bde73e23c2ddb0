"""A last moment of notices comes from the file or from the command, and travels with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from operate.send.entries import Entry, entries_of, json_lines
from operate.send.run import Sending, make_ready
from operate.send.spool import keeping
from relay.notices.record import read_record
from relay.notices.sending import RECORD_BYTES
from tests.support.outbound import message
from tests.support.queue_stub import QueueStub, send

SIX, SEVEN = "2026-11-22T18:00:00+08:00", "2026-11-22T11:00:00Z"
WRONG = "notAfter: a time with its zone"


def put(tmp_path: Path, text: str, *words: str, name: str = "notices.jsonl") -> tuple[QueueStub, Any]:
    queue, file = QueueStub(), tmp_path / name
    file.write_text(text, "utf-8")
    return queue, send(queue, str(file), *words)


def sent(queue: QueueStub) -> list[tuple[str, list[str], str | None]]:
    """Organisation, messageIds and last moment of each SQS message."""
    records = map(read_record, queue.bodies)
    return [
        (one.org_id, [notice.value["messageId"] for notice in one.notices], one.not_after) for one in records
    ]


def lines(*values: Any) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in values)


def test_notices_of_one_organisation_and_moment_share_a_message(tmp_path: Path) -> None:
    queue, result = put(
        tmp_path,
        lines(
            {"orgId": "o-1", "messages": [message("a"), message("b")], "notAfter": SIX},
            {"orgId": "o-1", "notAfter": SEVEN} | message("c"),
            {"orgId": "o-2", "notAfter": SIX} | message("d"),
            {"orgId": "o-1"} | message("e"),
            {"orgId": "o-1", "notAfter": SIX} | message("f"),
            {"orgId": "o-1", "messages": [message("g")], "notAfter": None},
        ),
    )

    assert (result.status, result.stderr) == (0, "")
    assert sent(queue) == [
        ("o-1", ["a", "b", "f"], SIX),
        ("o-1", ["c"], SEVEN),
        ("o-2", ["d"], SIX),
        ("o-1", ["e", "g"], None),
    ]


def test_an_organisation_is_counted_as_one_whatever_its_moments(tmp_path: Path) -> None:
    moments = (SIX, SEVEN, None)
    given = lines(*({"orgId": "o-1", "notAfter": moment} | message(f"n-{moment}") for moment in moments))
    _, dry = put(tmp_path, given, "--dry-run")
    _, result = put(tmp_path, given, "--json")

    assert dry.stdout.startswith("3 notices of 1 organisation would be sent: 3 SQS messages")
    assert json.loads(result.stdout)["organisations"] == {"o-1": 3}


def test_the_commands_moment_is_that_of_notices_without_one(tmp_path: Path) -> None:
    given = lines(message("a"), message("b") | {"notAfter": SIX}, {"messages": [message("c")]})
    queue, _ = put(tmp_path, given, "--org", "o-1", "--not-after", SEVEN)

    assert sent(queue) == [("o-1", ["a", "c"], SEVEN), ("o-1", ["b"], SIX)]


def test_a_table_may_have_a_column_of_moments(tmp_path: Path) -> None:
    head = "messageId,messageType,targetType,targets,appId,body,notAfter"
    rows = (f"{name},1,1,u-1,app,x,{moment}" for name, moment in zip("abc", (SIX, "", SIX), strict=True))
    queue, result = put(tmp_path, "\n".join([head, *rows]), "--org", "o-1", name="notices.csv")

    assert (result.status, result.stderr) == (0, "")
    assert sent(queue) == [("o-1", ["a", "c"], SIX), ("o-1", ["b"], None)]


@pytest.mark.parametrize("moment", ["2026-11-22", "2026-11-22T18:00:00", "tomorrow", "", 1795348800])
def test_a_wrong_moment_is_a_mistake_of_its_row(tmp_path: Path, moment: object) -> None:
    given = lines(
        message("a"),
        message("b") | {"notAfter": moment},
        {"messages": [message("c"), message("d")], "notAfter": moment},
    )
    queue, result = put(tmp_path, given, "--org", "o-1", "--not-after", SIX)

    assert (result.status, queue.bodies) == (2, [])
    for named in ("line 2 (b)", "line 3 (c)", "line 3 (d)"):
        assert f"{named}: {WRONG}" in " ".join(result.stderr.split())


def test_a_wrong_moment_of_the_command_is_named_before_the_file_is_read(tmp_path: Path) -> None:
    queue, result = put(tmp_path, "not JSON", "--org", "o-1", "--not-after", "2026-11-22")

    assert (result.status, queue.requests) == (2, 0)
    assert "a time with its zone" in result.stderr
    assert "not JSON" not in result.stderr


def test_one_app_under_two_names_is_a_mistake_whatever_the_moments(tmp_path: Path) -> None:
    app: dict[str, Any] = {"appName": {"defaultValue": "OA"}, "appId": None}
    other: dict[str, Any] = {"appName": {"defaultValue": "OA", "i18nValue": {"zh_CN": "办公"}}, "appId": None}
    _, result = put(
        tmp_path, lines(message("a", **app), message("b", **other) | {"notAfter": SIX}), "--org", "o-1"
    )

    assert result.status == 2
    assert "line 2 (b): appName: differs" in result.stderr


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_moment_takes_of_the_room_of_its_record(tmp_path: Path, more: int) -> None:
    """A notice that is a byte larger than what is left takes a larger record: its text fills this one."""
    moment = f"2026-11-22T18:00:00.{'0' * 500}Z"
    empty = json.dumps({"orgId": "o-1", "messages": [], "notAfter": moment}, separators=(",", ":"))
    one = message("a", targets=["u-1", "u-2"], body="")
    rest = RECORD_BYTES - len(empty) - len(json.dumps(one, separators=(",", ":")))
    given = one | {"body": "x" * (rest + more), "notAfter": moment}
    queue, result = put(tmp_path, json.dumps(given, separators=(",", ":")), "--org", "o-1")

    assert (result.status, len(queue.bodies)) == (0, 1)
    assert (len(queue.bodies[0]) > RECORD_BYTES) is (more > 0)


def test_ten_thousand_moments_are_kept_in_their_order() -> None:
    given = (
        Entry(number, "o-1", message(f"n-{number}"), None, f"2026-11-22T18:00:00.{number}Z")
        for number in range(10_000)
    )
    with keeping() as kept:
        sending = Sending(kept)
        make_ready(given, sending)

        assert [json.loads(one.body)["notAfter"] for one in kept.messages()] == [
            f"2026-11-22T18:00:00.{number}Z" for number in range(10_000)
        ]
        assert kept.by_organisation() == {"o-1": 10_000}


def test_a_moment_inside_a_notice_of_messages_is_a_field_of_its_own() -> None:
    text = lines({"orgId": "o-1", "messages": [message("a") | {"notAfter": SIX}]})
    (found,) = entries_of(json_lines([text.encode()]), None)

    assert isinstance(found, Entry)
    assert found.not_after is None
    assert found.value == message("a") | {"notAfter": SIX}
