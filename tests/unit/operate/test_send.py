"""`mozi-relay send` checks a whole file of notices, then queues them or says what is wrong."""

import io
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from operate.output import MOST_LISTED
from tests.support.outbound import message
from tests.support.queue_stub import QueueStub, send

ORG = ("--org", "o-1")

WriteFile = Callable[..., str]


@pytest.fixture
def written(tmp_path: Path) -> WriteFile:
    def write(*lines: Any, name: str = "notices.jsonl") -> str:
        """A file of these lines: texts, or objects as JSON."""
        path = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        path.write_bytes("".join(f"{text}\n" for text in texts).encode())
        return str(path)

    return write


def many(count: int) -> list[dict[str, Any]]:
    return [message(f"n-{number}") for number in range(count)]


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "SendMessageBatch")


BAD = {1: message("bad-1", targetType=2), 3: message("bad-3", targets=[])}


@pytest.mark.parametrize(
    ("count", "messages", "requests"), [(1, 1, 1), (100, 1, 1), (101, 2, 1), (10_000, 100, 10)]
)
def test_notices_travel_a_hundred_to_a_message_and_ten_messages_to_a_request(
    written: WriteFile, count: int, messages: int, requests: int
) -> None:
    queue = QueueStub()
    result = send(queue, written(*many(count)), *ORG)

    assert result.status == 0
    assert (len(queue.bodies), queue.requests) == (messages, requests)
    assert queue.notices() == [("o-1", notice) for notice in many(count)]
    assert result.stdout.startswith(f"{count:,} notice")
    assert f"{messages:,} SQS message" in result.stdout
    assert result.stderr == ""


def test_what_is_said_is_plain_and_names_the_organisations(written: WriteFile) -> None:
    lines = [{"orgId": f"o-{number % 3}"} | one for number, one in enumerate(many(7))]
    shown = send(QueueStub(), written(*lines), "--dry-run").stdout

    assert [line.split() for line in shown.splitlines()] == [
        ["7", "notices", "of", "3", "organisations", "would", "be", "sent:", "3", "SQS", "messages"],
        ["o-0", "3"],
        ["o-1", "2"],
        ["o-2", "2"],
    ]


def test_each_message_is_of_one_organisation_and_messages_of_several_share_a_request(
    written: WriteFile,
) -> None:
    queue = QueueStub()
    lines = [{"orgId": f"o-{number % 2}"} | one for number, one in enumerate(many(6))]
    send(queue, written(*lines))

    assert queue.requests == 1
    assert [json.loads(body)["orgId"] for body in queue.bodies] == ["o-0", "o-1"]
    assert sorted(one["messageId"] for _, one in queue.notices()) == [f"n-{number}" for number in range(6)]
    assert all("orgId" not in one for _, one in queue.notices())


def test_one_wrong_notice_and_nothing_is_sent(written: WriteFile) -> None:
    queue = QueueStub()
    result = send(queue, written(message("a"), "", BAD[1], "{", BAD[3]), *ORG)

    assert result.status == 2
    assert queue.requests == 0
    assert result.stdout == ""
    assert "3 notices of 4 cannot be sent; nothing was sent:" in result.stderr
    first, second, third = (line for line in result.stderr.splitlines() if line.startswith("  line "))
    assert first.startswith("  line 3 (bad-1): targetType: ")
    assert second.startswith("  line 4: not a JSON object")
    assert third.startswith("  line 5 (bad-3): targets: required")
    assert "--skip-invalid" in result.stderr


def test_the_good_ones_are_sent_when_that_is_asked_for(written: WriteFile) -> None:
    queue = QueueStub()
    result = send(queue, written(message("a"), BAD[1], message("b")), *ORG, "--skip-invalid")

    assert result.status == 1
    assert [one["messageId"] for _, one in queue.notices()] == ["a", "b"]
    assert "1 notice of 3 cannot be sent; left out:" in result.stderr
    assert "line 2 (bad-1): targetType: " in result.stderr
    assert result.stdout.startswith("2 notices of 1 organisation are on the queue: 1 SQS message, ")


def test_when_there_is_no_good_one_nothing_was_done(written: WriteFile) -> None:
    assert send(QueueStub(), written(BAD[1]), *ORG, "--skip-invalid").status == 2


@pytest.mark.parametrize("over", [0, 1])
def test_at_most_so_many_are_listed(written: WriteFile, over: int) -> None:
    result = send(QueueStub(), written(*["{"] * (MOST_LISTED + over)), *ORG)

    assert result.stderr.count("\n  line ") == MOST_LISTED
    assert ("… and 1 more" in result.stderr) == bool(over)


@pytest.mark.parametrize("wrong", [True, False])
def test_a_dry_run_only_checks(written: WriteFile, wrong: bool) -> None:
    queue = QueueStub()
    result = send(queue, written(BAD[1] if wrong else message()), *ORG, "--dry-run")

    assert (result.status, queue.requests) == (2 if wrong else 0, 0)
    assert "Send it again" not in result.stderr


def test_a_program_too_is_told_what_a_dry_run_would_send_for_each_organisation(written: WriteFile) -> None:
    file = written(*[{"orgId": org_id} | message(org_id + name) for org_id, name in ("1a", "1b", "2a")])
    told = json.loads(send(QueueStub(), file, "--dry-run", "--json").stdout)

    assert told["organisations"] == {"1": 2, "2": 1}
    assert told["counts"]["onQueue"] == 0


def test_an_organisation_that_is_missing_or_not_the_one_asked_for_is_named_by_line(
    written: WriteFile,
) -> None:
    file = written({"orgId": "o-1"} | message("a"), message("b"), {"orgId": 7} | message("c"))

    without, asked = send(QueueStub(), file), send(QueueStub(), file, "--org", "o-2")

    assert (without.status, asked.status) == (2, 2)
    assert "line 2 (b): orgId: missing, and there is no --org" in without.stderr
    assert "line 3 (c): orgId: required, a printable string" in without.stderr
    assert "line 1 (a): orgId: not the one that --org gives" in asked.stderr
    assert "line 2" not in asked.stderr


@pytest.mark.parametrize("org", ["", " ", "o\n"])
def test_an_organisation_asked_for_must_have_a_name(written: WriteFile, org: str) -> None:
    result = send(QueueStub(), written(message()), "--org", org)

    assert result.status == 2
    assert "--org" in result.stderr


def test_one_app_under_two_names_is_a_mistake_across_lines_but_not_across_organisations(
    written: WriteFile,
) -> None:
    names = [{"default": "Portal", "zh_CN": "门户"}, {"default": "Portal", "zh_CN": "入口"}]
    lines = [message(f"n-{n}", appId=None, appName=name) for n, name in enumerate(names)]
    apart = [{"orgId": f"o-{n}"} | line for n, line in enumerate(lines)]

    queue = QueueStub()
    result = send(queue, written(*lines), *ORG, "--skip-invalid")

    assert "line 2 (n-1): appName: differs" in result.stderr
    assert [one["messageId"] for _, one in queue.notices()] == ["n-0"]
    assert send(QueueStub(), written(*apart)).status == 0


def test_a_notice_that_no_message_has_room_for_is_named_before_anything_is_sent(written: WriteFile) -> None:
    queue = QueueStub()
    result = send(queue, written(message("a"), message("b", body="x" * 1_050_000)), *ORG)

    assert (result.status, queue.requests) == (2, 0)
    assert "line 2 (b): larger than" in result.stderr


@pytest.mark.parametrize(
    ("second", "doubted"),
    [({}, False), ({"header": "other"}, True), ({"header": {"default": "标题"}}, False)],
)
def test_different_notices_of_one_message_id_are_sent_with_a_warning(
    written: WriteFile, second: dict[str, Any], doubted: bool
) -> None:
    queue = QueueStub()
    result = send(queue, written(message("a"), message("b"), message("a", **second)), *ORG)

    assert (result.status, len(queue.notices())) == (0, 3)
    assert ("line 3 (a): differs from line 1" in result.stderr) == doubted
    assert ("reaches it first" in result.stderr) == doubted


def test_what_sqs_did_not_take_is_named_and_the_shown_command_sends_it_again(written: WriteFile) -> None:
    queue = QueueStub({0: [1]})
    file = written(*many(250), name="my notices.jsonl")
    result = send(queue, file, *ORG)

    assert result.status == 1
    assert len(queue.notices()) == 150
    assert "100 notices not known to be on the queue:" in result.stderr
    assert "line 101 (n-100): SQS: InternalError" in result.stderr
    assert "… and 80 more" in result.stderr
    words = shlex.split(result.stderr.rpartition("notice once:\n")[2])
    assert words[:4] == ["mozi-relay", "send", "--stack", "relay"]
    assert send(queue, *words[4:]).status == 0
    assert {one["messageId"] for _, one in queue.notices()} == {f"n-{number}" for number in range(250)}


@pytest.mark.parametrize(
    ("fate", "said", "status"),
    [
        (refused("InternalFailure"), "stopped: SendMessageBatch: InternalFailure: no; 1,000 notices", 1),
        (refused("ExpiredToken"), "stopped: SendMessageBatch: ExpiredToken: no; 1,000 notices", 1),
        (EndpointConnectionError(endpoint_url="x"), "stopped: AWS cannot be reached", 1),
        (KeyboardInterrupt(), "stopped: interrupted; 1,000 notices on the queue", 130),
    ],
)
def test_what_ends_it_early_is_said_with_how_many_are_on_the_queue(
    written: WriteFile, fate: BaseException, said: str, status: int
) -> None:
    queue = QueueStub({1: fate})
    result = send(queue, written(*many(2500)), *ORG, "--json")
    facts = json.loads(result.stdout)

    assert result.status == status
    assert said in result.stderr
    assert "line 1001 (n-1000): not sent yet" in result.stderr
    assert len(queue.notices()) == facts["counts"]["onQueue"] == 1000
    assert facts["notOnQueue"][0] == {"line": 1001, "messageId": "n-1000", "reason": "not sent yet"}
    assert len(facts["notOnQueue"]) == 1500


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 2), ("InternalFailure", 1)])
def test_a_first_request_that_aws_does_not_admit_has_sent_nothing(
    written: WriteFile, code: str, status: int
) -> None:
    result = send(QueueStub({0: refused(code)}), written(*many(3)), *ORG)

    assert result.status == status
    assert code in result.stderr
    assert ("Send it again" in result.stderr) == (status == 1)


def test_an_interrupted_reading_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Interrupted())))
    result = send(QueueStub(), "-", *ORG)

    assert result.status == 130
    assert "stopped: interrupted while checking; nothing was sent" in result.stderr


def test_a_program_gets_json_and_nothing_else_on_the_output(written: WriteFile) -> None:
    result = send(QueueStub(), written(message("a"), BAD[1]), *ORG, "--skip-invalid", "--json")
    facts = json.loads(result.stdout)
    reason = facts["invalid"][0].pop("reason")

    assert reason.startswith("targetType: ")
    assert facts.pop("seconds") >= 0
    assert facts == {
        "dryRun": False,
        "counts": {"read": 2, "good": 1, "invalid": 1, "onQueue": 1, "sqsMessages": 1},
        "organisations": {"o-1": 1},
        "invalid": [{"line": 2, "messageId": "bad-1"}],
        "differing": [],
        "unknownFields": {},
        "notOnQueue": [],
        "stopped": "",
    }


def test_a_program_is_told_of_every_mistake(written: WriteFile) -> None:
    result = send(QueueStub(), written(*["{"] * 50), *ORG, "--json")

    assert result.status == 2
    assert len(json.loads(result.stdout)["invalid"]) == 50


def test_what_is_shown_fits_a_hundred_columns(written: WriteFile) -> None:
    name = "名" * 200
    wrong = {"messageId": name, "header": 7, "body": [1], "targets": [1, 2, 3], "tags": [4]}
    result = send(
        QueueStub({0: [0]}), written(wrong, message("a\u202eb")), "--org", "组" * 150, "--skip-invalid"
    )

    assert result.status == 1
    lines = [line for line in (result.stdout + result.stderr).splitlines() if "mozi-relay" not in line]
    assert max(len(line) for line in lines) <= 100
    assert "\u202e" not in result.stderr
    assert result.stderr.count("名") < 50


def test_standard_input_is_json_lines_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def given(text: str, *words: str) -> QueueStub:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        queue = QueueStub()
        assert send(queue, "-", *ORG, *words).status == 0
        return queue

    assert given('{"messageId": "a"}\n').notices() == [("o-1", {"messageId": "a"})]
    assert given("messageId\na\n", "--format", "csv").notices() == [("o-1", {"messageId": "a"})]


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json", "JSONL", "csv", "tsv", "txt", "dat"])
def test_the_suffix_tells_the_format_and_an_unknown_one_is_asked_about(
    written: WriteFile, suffix: str
) -> None:
    table = suffix in ("csv", "tsv", "txt")
    lines = ["messageId", "a"] if table else [{"messageId": "a"}]
    file = written(*lines, name=f"notices.{suffix}")
    result = send(QueueStub(), file, *ORG)

    assert result.status == (2 if suffix == "dat" else 0)
    assert ("--format" in result.stderr) == (suffix == "dat")
    assert send(QueueStub(), file, *ORG, "--format", "csv" if table else "jsonl").status == 0


@pytest.mark.parametrize("how", [(), ("--dry-run",), ("--json",), ("--skip-invalid",)])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notices.jsonl", ""),
        ("notices.jsonl", "\ufeff \n\n"),
        ("notices.json", "\ufeff"),
        ("notices.json", "[ ]\n"),
        ("notices.csv", ""),
        ("notices.csv", "\ufeffmessageId,targets\n,\n"),
        ("notices.csv", "sep=;\n"),
    ],
)
def test_a_file_without_a_notice_is_named_and_nothing_is_done(
    tmp_path: Path, name: str, text: str, how: tuple[str, ...]
) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    result = send(QueueStub(), str(file), *ORG, *how)

    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == f"Error: {file} holds no notice. Nothing was sent.\n"


def test_what_is_sent_is_what_was_checked(written: WriteFile) -> None:
    file = written(message("a"), message("b"))

    class Writing(QueueStub):
        def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
            written("{")
            return super().send_message_batch(QueueUrl, Entries)

    queue = Writing()
    large = written(message("a", body="x" * 200_000), message("b", body="x" * 200_000))

    assert send(queue, large, *ORG).status == 0
    assert (large, queue.requests) == (file, 2)
    assert [one["messageId"] for _, one in queue.notices()] == ["a", "b"]


def test_a_notice_of_many_targets_is_sent_in_parts_and_is_there_once_all_of_them_are(
    written: WriteFile,
) -> None:
    users = [f"u{number:06}" for number in range(60_000)]
    file = written(message("a"), message("b", targets=users), message("c"))
    queue = QueueStub()
    counts = json.loads(send(queue, file, *ORG, "--json").stdout)["counts"]
    parts = [one for _, one in queue.notices() if one["messageId"] == "b"]

    assert (counts["good"], counts["onQueue"], counts["sqsMessages"]) == (3, 3, len(queue.bodies))
    assert [user for part in parts for user in part["targets"]] == users
    assert len(parts) > 1
    assert all(part | {"targets": users} == message("b", targets=users) for part in parts)

    result = send(QueueStub({1: [0]}), file, *ORG)
    assert result.status == 1
    assert "1 notice not known to be on the queue:" in result.stderr
    assert "line 2 (b): SQS: InternalError" in result.stderr


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.BatchRequestTooLong", "InvalidParameterValue"])
def test_a_notice_that_is_larger_than_its_queue_takes_delays_no_other(written: WriteFile, code: str) -> None:
    queue = QueueStub({1: refused(code)})
    result = send(queue, written(message("a"), message("b", body="x" * 400_000), message("c")), *ORG)

    assert result.status == 1
    assert [one["messageId"] for _, one in queue.notices()] == ["a", "c"]
    assert f"line 2 (b): SQS: {code}" in result.stderr


def test_other_targets_under_one_message_id_are_no_doubt(written: WriteFile) -> None:
    lines = [message("a"), message("a", targets=["u-2"]), message("b", targets=None, targetType=0)]

    assert send(QueueStub(), written(*lines), *ORG).stderr == ""


def test_a_file_that_is_not_there_is_named() -> None:
    result = send(QueueStub(), "nowhere.jsonl")

    assert result.status == 2
    assert "nowhere.jsonl" in result.stderr
