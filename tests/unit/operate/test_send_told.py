"""`mozi-relay send` says which notice is meant, what may not be meant, and how far it came."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from operate.output import MOST_LISTED
from tests.support.outbound import message
from tests.support.queue_stub import QueueStub, send

ORG = ("--org", "o-1")


def written(folder: Path, *lines: Any) -> str:
    path = folder / "notices.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return str(path)


def interrupted_after(*lines: Any) -> io.TextIOWrapper:
    """A standard input that is cut off by Ctrl-C after these lines."""

    left = [json.dumps(line).encode() + b"\n" for line in lines]

    class Interrupted(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            if not left:
                raise KeyboardInterrupt
            line = left.pop(0)
            buffer[: len(line)] = line
            return len(line)

    return io.TextIOWrapper(io.BufferedReader(Interrupted()))


def test_a_notice_inside_a_line_is_named_by_its_place_there(tmp_path: Path) -> None:
    whole = {"orgId": "o-1", "messages": [message("a"), {}, 7, *[message(str(n)) for n in range(9)], {}]}
    result = send(QueueStub(), written(tmp_path, message("z"), whole), *ORG)
    lines = [line for line in result.stderr.splitlines() if line.startswith("  line ")]

    assert lines == [
        "  line 2: messages.1: messageId: Field required",
        "  line 2: messages.2: must be an object",
        "  line 2: messages.12: messageId: Field required",
    ]


def test_a_differing_notice_inside_a_line_is_named_by_its_place_and_the_others(tmp_path: Path) -> None:
    whole = {"messages": [message("a"), message("a", header="other")]}
    result = send(QueueStub(), written(tmp_path, whole, message("a", header="more")), *ORG)

    assert "line 1 (a): messages.1: differs from line 1, messages.0, of the same" in result.stderr
    assert "line 2 (a): differs from line 1, messages.0, of the same messageId" in result.stderr


def test_what_sqs_did_not_take_of_a_line_is_named_by_its_place(tmp_path: Path) -> None:
    result = send(QueueStub({0: [0]}), written(tmp_path, {"messages": [message("a")]}), *ORG)

    assert "line 1 (a): messages.0: SQS: InternalError" in result.stderr


def test_unknown_fields_are_sent_with_a_warning_that_names_them_and_their_lines(tmp_path: Path) -> None:
    queue = QueueStub()
    lines = [message("a", Tag="x", Header="标题"), message("b", hedaer="x"), message("c", ext=1, hedaer="y")]
    file = written(tmp_path, *lines, *[message(str(n), ext=1) for n in range(4)])
    result = send(queue, file, *ORG)

    assert result.status == 0
    assert queue.notices()[1] == ("o-1", lines[1])
    assert result.stderr.splitlines() == [
        "Unknown fields, sent as they are:",
        "  hedaer (lines 2, 3)",
        "  ext (lines 3, 4, 5 and 2 more)",
    ]
    facts = json.loads(send(queue, file, *ORG, "--json").stdout)
    assert facts["unknownFields"] == {"hedaer": [2, 3], "ext": [3, 4, 5, 6, 7]}


@pytest.mark.parametrize("name", ["not_after", "NotAfter", "notafter", "not-after"])
def test_a_last_moment_under_another_name_is_told_the_name_that_counts(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, message("a", **{name: "2999-01-02T03:04:05Z"}))

    assert f"  {name} (line 1): did you mean notAfter?\n" in send(QueueStub(), file, *ORG).stderr


def test_an_unknown_field_of_several_notices_of_a_line_is_named_once(tmp_path: Path) -> None:
    file = written(tmp_path, {"messages": [message("a", ext=1), message("b", ext=1)]})

    assert "  ext (line 1)\n" in send(QueueStub(), file, *ORG).stderr


def test_an_unknown_field_is_shown_as_a_terminal_can_show_it(tmp_path: Path) -> None:
    more = {"x\u202e": 1, "y" * 200: 1} | {f"z{number}": 1 for number in range(MOST_LISTED)}
    result = send(QueueStub(), written(tmp_path, message("a", **more)), *ORG)

    assert "\u202e" not in result.stderr
    assert result.stderr.count("y") < 60
    assert max(map(len, result.stderr.splitlines())) <= 100
    assert "… and 2 more" in result.stderr
    assert "(line 1)" in result.stderr


def test_a_vendors_field_is_not_unknown(tmp_path: Path) -> None:
    assert send(QueueStub(), written(tmp_path, {"orgId": "o-1"} | message("a"))).stderr == ""


def test_the_way_out_of_a_notice_that_is_too_large_is_named(tmp_path: Path) -> None:
    result = send(QueueStub(), written(tmp_path, message("b", body="x" * 1_050_000)), *ORG)

    assert "bytes of JSON: shorten it, or put the rest behind its url" in " ".join(result.stderr.split())


@pytest.mark.parametrize("count", [1, 499, 501])
def test_a_person_sees_at_the_end_how_many_lines_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = written(tmp_path, *[message(str(number)) for number in range(count)])

    assert f"{count}/" in send(QueueStub(), file, *ORG, "--dry-run").stderr


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_an_interrupt_while_checking_says_so_and_how_many_were_read(
    monkeypatch: pytest.MonkeyPatch, how: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "stdin", interrupted_after(message("a"), {}, message("c")))
    result = send(QueueStub(), "-", *ORG, *how)

    assert (result.status, result.stdout) == (130, "")
    assert "stopped: interrupted while checking; nothing was sent\n" in result.stderr
    assert "cannot be sent" not in result.stderr

    monkeypatch.setattr(sys, "stdin", interrupted_after(message("a"), message("b"), message("c")))
    facts = json.loads(send(QueueStub(), "-", *ORG, "--json", *how).stdout)
    assert facts["counts"] == {"read": 3, "good": 0, "invalid": 0, "onQueue": 0, "sqsMessages": 0}
    assert facts["stopped"] == "interrupted while checking; nothing was sent"
    assert facts["notOnQueue"] == []


def test_an_endpoint_that_cannot_be_reached_leaves_all_and_calling_again_helps(tmp_path: Path) -> None:
    queue = QueueStub({0: EndpointConnectionError(endpoint_url="x")})
    file = written(tmp_path, message())
    result = send(queue, file, *ORG)

    assert result.status == 1
    assert "Send it again" in result.stderr
    assert send(queue, file, *ORG).status == 0
