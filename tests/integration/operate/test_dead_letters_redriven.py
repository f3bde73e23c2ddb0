"""`mozi-relay redrive` sends dead letters again and deletes each afterwards; none is ever lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.support.command_line import Ran
from tests.support.dead_letter_queues import Queues
from tests.support.outbound import message


@pytest.fixture
def queues(cloud: None) -> Queues:
    return Queues()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "letters.jsonl"


def unreachable() -> None:
    raise EndpointConnectionError(endpoint_url="https://sqs")


def save(queues: Queues, file: Path) -> list[dict[str, Any]]:
    """The lines of the letters, ready to be fixed."""
    assert queues.run("dead-letters", "--save", str(file)).status == 0
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def write(file: Path, lines: list[Any]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def facts(result: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_fixed_notice_is_on_the_notice_queue_and_its_letter_gone(queues: Queues, file: Path) -> None:
    sent = '{"messageId": "a", "targetType": 1, "targets": [], "appId": "x",\n "messageType": 1, "ext": 1.10}'
    queues.reject('{"orgId": "o-中", "messages": [' + sent + "]}")
    queues.fill(1)
    queues.run("dead-letters", "--save", str(file), "--org", "o-中")
    text = file.read_text("utf-8")
    assert text.count("\n") == 1
    assert sent.replace("\n", " ") in text
    file.write_text(text.replace('"targets": []', '"targets": ["张三"]'), "utf-8")

    result = queues.run("redrive", str(file))

    assert result.status == 0
    assert result.stdout.startswith("1 letter redriven in ")
    fixed = sent.replace("\n", " ").replace("[]", '["张三"]')
    assert queues.sent() == ['{"orgId":"o-中","messages":[' + fixed + "]}"]
    assert [letter["messageId"] for letter in queues.listed()] == ["n-0"]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_a_file_says_commands_no_terminal(queues: Queues, file: Path, words: list[str]) -> None:
    queues.fill(1)
    (line,) = save(queues, file)
    write(file, [line | {"deadLetter": "gone\x1b[2J\x9b\x7f\u202e"}])
    result = queues.run("redrive", str(file), *words)

    assert "gone" in result.stdout
    assert all(one.isprintable() for one in (result.stdout + result.stderr).splitlines())


def test_an_unreadable_records_letter_is_fixed_and_sent_as_text(queues: Queues, file: Path) -> None:
    given = json.dumps({"orgId": "o-1", "messages": [message("a"), message("b")]})
    queues.reject(given[:-1])
    (line,) = save(queues, file)
    assert line["body"] == given[:-1]
    assert "orgId" not in line
    assert "notice" not in line

    unmended = queues.run("redrive", str(file))
    assert unmended.status == 2
    assert "line 1: not a JSON object that can be sent on: expected ," in unmended.stderr
    write(file, [line | {"body": given}])

    assert queues.run("redrive", str(file)).status == 0
    assert queues.sent() == [given]
    assert queues.counts() == (0, 0)


@pytest.mark.parametrize("count", [0, 1, 10, 11, 101])
def test_all_are_sent_as_they_are(queues: Queues, count: int) -> None:
    queues.fill(count)
    bodies = [letter["body"] for letter in queues.listed()]
    result = queues.run("redrive", "--all", "--json")

    assert result.status == 0
    assert len(facts(result)["redriven"]) == count
    assert sorted(queues.sent()) == sorted(bodies)
    assert queues.counts() == (0, 0)


def test_an_unreadable_record_too_is_sent_as_it_is_when_asked_for(queues: Queues) -> None:
    queues.reject("neither JSON nor 中文\n")
    queues.reject("")

    assert queues.run("redrive", "--all").status == 0
    assert sorted(queues.sent()) == [" ", "neither JSON nor 中文\n"]


@pytest.mark.parametrize(
    ("words", "count"), [(["--code", "400"], 3), (["--org", "o-1"], 14), (["--org", "o-2"], 0)]
)
def test_all_of_a_code_or_an_organisation(queues: Queues, words: list[str], count: int) -> None:
    queues.fill(3, code="400")
    queues.fill(11)

    assert queues.run("redrive", "--all", *words).status == 0
    assert len(queues.sent()) == count
    assert queues.counts() == (14 - count, 0)


def test_letters_are_sent_by_the_beginnings_of_their_ids_each_once(queues: Queues) -> None:
    queues.fill(3)
    first, second, _ = (letter["deadLetter"] for letter in queues.listed())
    result = queues.run("redrive", "--id", first[:8], "--id", second, "--id", first)

    assert result.status == 0
    assert len(queues.sent()) == 2
    assert queues.counts() == (1, 0)


def test_an_unknown_id_among_good_ones_sends_nothing(queues: Queues) -> None:
    queues.fill(2)
    result = queues.run("redrive", "--id", queues.listed()[0]["deadLetter"], "--id", "nowhere")

    assert result.status == 2
    assert "nowhere is not the beginning of any letter's id" in result.stderr
    assert queues.sent() == []
    assert queues.counts() == (2, 0)


@pytest.mark.parametrize("way", ["file", "all"])
def test_a_dry_run_sends_and_deletes_nothing(queues: Queues, file: Path, way: str) -> None:
    queues.fill(11)
    save(queues, file)
    result = queues.run("redrive", str(file) if way == "file" else "--all", "--dry-run")

    assert result.status == 0
    assert result.stdout == "11 letters would be redriven\n"
    assert queues.sent() == []
    assert queues.counts() == (11, 0)


def test_a_wrong_line_is_named_and_nothing_is_sent(queues: Queues, file: Path) -> None:
    queues.fill(3)
    lines = save(queues, file)
    lines[1]["notice"]["targets"] = []
    write(file, lines)
    result = queues.run("redrive", str(file))

    assert result.status == 2
    assert f"{file}, line 2: targets: required when targetType is 1" in result.stderr
    assert queues.sent() == []
    assert queues.counts() == (3, 0)


def test_what_is_right_is_sent_when_wrong_lines_are_skipped(queues: Queues, file: Path) -> None:
    queues.fill(3)
    lines = save(queues, file)
    lines[1]["notice"]["targets"] = []
    write(file, lines)
    result = queues.run("redrive", str(file), "--skip-invalid", "--json")

    assert result.status == 1
    assert facts(result)["invalid"] == [{"line": 2, "reason": "targets: required when targetType is 1"}]
    assert len(queues.sent()) == 2
    assert [letter["deadLetter"] for letter in queues.listed()] == [lines[1]["deadLetter"]]


def test_a_letter_that_is_gone_is_told_and_not_sent_again(queues: Queues, file: Path) -> None:
    queues.fill(2)
    lines = save(queues, file)
    queues.run("redrive", "--id", lines[0]["deadLetter"])
    assert len(queues.sent()) == 1

    result = queues.run("redrive", str(file))
    again = queues.run("redrive", str(file))

    assert (result.status, again.status) == (1, 2)
    assert f"not sent, no dead letter any more: {lines[0]['deadLetter']}" in result.stdout
    assert len(queues.sent()) == 1


def test_a_letter_that_is_gone_is_sent_by_force(queues: Queues, file: Path) -> None:
    queues.fill(2)
    lines = save(queues, file)
    queues.run("redrive", "--id", lines[0]["deadLetter"])
    queues.sent()

    assert queues.run("redrive", str(file), "--force").status == 0
    assert len(queues.sent()) == 2
    assert queues.counts() == (0, 0)


def test_a_letter_that_could_not_be_sent_is_kept(queues: Queues) -> None:
    queues.fill(3)
    kept = queues.listed()[1]
    queues.refuse("SendMessageBatch", 1)
    result = queues.run("redrive", "--all", "--json")

    assert result.status == 1
    assert facts(result)["notSent"] == {kept["deadLetter"]: "InternalError"}
    assert kept["body"] not in queues.sent()
    assert queues.listed() == [kept]
    assert queues.counts() == (1, 0)


def test_a_letter_that_could_not_be_deleted_is_told(queues: Queues) -> None:
    queues.fill(3)
    kept = queues.listed()[1]
    queues.refuse("DeleteMessageBatch", 1)
    result = queues.run("redrive", "--all")

    assert result.status == 1
    assert (
        f"sent, but still a dead letter: {kept['deadLetter'][:8]} ({kept['messageId']}) InternalError"
        in result.stdout
    )
    assert len(queues.sent()) == 3
    assert queues.listed() == [kept]


@pytest.mark.parametrize(
    ("operation", "number", "sent", "kept", "left"),
    [
        ("SendMessageBatch", 1, 0, 25, 25),
        ("SendMessageBatch", 2, 10, 15, 15),
        ("DeleteMessageBatch", 1, 10, 25, 15),
        ("DeleteMessageBatch", 3, 25, 5, 0),
        ("ReceiveMessage", 2, 0, 25, 0),
    ],
)
def test_a_call_that_fails_stops_it_and_no_letter_is_lost_or_held(
    queues: Queues, operation: str, number: int, sent: int, kept: int, left: int
) -> None:
    queues.fill(25)
    bodies = {letter["body"] for letter in queues.listed()}
    queues.at(operation, number, unreachable)
    result = queues.run("redrive", "--all", "--json")
    sent_bodies = queues.sent()

    assert result.status == 1
    assert "AWS cannot be reached" in result.stderr
    assert len(sent_bodies) == sent
    assert queues.counts() == (kept, 0)
    assert {letter["body"] for letter in queues.listed()} | set(sent_bodies) == bodies
    if sent:
        told = facts(result)
        assert (len(told["left"]), len(told["redriven"])) == (left, 25 - kept)
        assert len(told["notDeleted"]) == sent - len(told["redriven"])

    assert queues.run("redrive", "--all").status == 0
    assert len(queues.sent()) == kept


@pytest.mark.parametrize("operation", ["SendMessageBatch", "DeleteMessageBatch"])
def test_an_interrupt_waits_until_what_was_sent_is_deleted(queues: Queues, operation: str) -> None:
    queues.fill(25)
    queues.interrupt(operation, 2)
    result = queues.run("redrive", "--all", "--json")

    assert result.status == 130
    assert "5 letters are left: call it again" in result.stderr
    assert len(facts(result)["redriven"]) == len(queues.sent()) == 20
    assert queues.counts() == (5, 0)


def test_an_interrupt_while_the_letters_are_read_sends_nothing(queues: Queues) -> None:
    queues.fill(25)
    queues.interrupt("ReceiveMessage", 2)

    assert queues.run("redrive", "--all").status == 130
    assert queues.sent() == []
    assert queues.counts() == (25, 0)


def test_nothing_is_deleted_before_it_is_sent(queues: Queues) -> None:
    queues.fill(25)
    calls: list[str] = []
    for operation in ("SendMessageBatch", "DeleteMessageBatch"):
        queues.before(operation, lambda params: calls.append(max(params["Entries"][0])))
    queues.run("redrive", "--all")

    assert calls == ["MessageBody", "ReceiptHandle"] * 3


@pytest.mark.parametrize(("size", "requests"), [(20_000, 1), (26_500, 2), (130_000, 2), (250_000, 3)])
def test_requests_stay_within_what_sqs_takes(queues: Queues, size: int, requests: int) -> None:
    count = 10 if size < 100_000 else 3
    sizes: list[int] = []
    for number in range(count):
        queues.reject(json.dumps({"orgId": "o-1", "messages": [message(str(number), x="x" * size)]}))
    queues.before(
        "SendMessageBatch",
        lambda params: sizes.append(sum(len(entry["MessageBody"].encode()) for entry in params["Entries"])),
    )

    assert queues.run("redrive", "--all").status == 0
    assert len(sizes) == requests
    assert max(sizes) <= 262_144
    assert len(queues.sent()) == count


@pytest.mark.parametrize("over", [0, 1])
def test_a_message_may_be_as_large_as_the_notice_queue_takes(queues: Queues, file: Path, over: int) -> None:
    queues.fill(1)
    (line,) = save(queues, file)
    line["notice"]["x"] = ""
    write(file, [line])
    body = '{"orgId":"o-1","messages":[' + json.dumps(line["notice"]) + "]}"
    more = "x" * (2048 + over - len(body.encode()))
    file.write_text(file.read_text().replace('"x": ""', f'"x": "{more}"'))
    queues.sqs.set_queue_attributes(QueueUrl=queues.notices, Attributes={"MaximumMessageSize": "2048"})
    result = queues.run("redrive", str(file))

    assert result.status == (2 if over else 0)
    assert ("larger than the 2,048 bytes" in result.stderr) == bool(over)
    assert [len(body.encode()) for body in queues.sent()] == [2048][over:]
    assert queues.counts() == (over, 0)


def test_a_letter_that_the_notice_queue_cannot_take_is_told_and_the_rest_sent(queues: Queues) -> None:
    queues.fill(2)
    queues.reject(json.dumps({"orgId": "o-1", "messages": [message("large", x="x" * 2048)]}))
    queues.sqs.set_queue_attributes(QueueUrl=queues.notices, Attributes={"MaximumMessageSize": "2048"})
    result = queues.run("redrive", "--all")

    assert result.status == 1
    assert "larger than the queue takes" in result.stdout
    assert len(queues.sent()) == 2
    assert [letter["messageId"] for letter in queues.listed()] == ["large"]


def test_a_mark_that_an_editor_put_before_the_first_line_is_no_fault(queues: Queues, file: Path) -> None:
    queues.fill(1)
    save(queues, file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert queues.run("redrive", str(file)).status == 0


def test_a_file_that_is_not_utf_8_is_said_to_be_so(queues: Queues, file: Path) -> None:
    file.write_bytes("中".encode("utf-16"))
    result = queues.run("redrive", str(file))

    assert result.status == 2
    assert "cannot be read as UTF-8" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--all", "--id", "a"],
        ["FILE", "--all"],
        ["FILE", "--id", "a"],
        ["FILE", "--code", "400"],
        ["--id", "a", "--org", "o-1"],
        ["--all", "--force"],
        ["--all", "--skip-invalid"],
    ],
)
def test_what_cannot_be_meant_sends_nothing(queues: Queues, file: Path, words: list[str]) -> None:
    queues.fill(1)
    save(queues, file)

    assert queues.run("redrive", *(str(file) if word == "FILE" else word for word in words)).status == 2
    assert queues.sent() == []
    assert queues.counts() == (1, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which letters? Give FILE, --id or --all."),
        (["--all", "--id", "a"], "Give only one of --id and --all."),
        (["FILE", "--all"], "Give only one of FILE and --all."),
        (["FILE", "--id", "a", "--all"], "Give only one of FILE, --id and --all."),
    ],
)
def test_who_names_letters_in_two_ways_is_told_which_two(
    queues: Queues, file: Path, words: list[str], said: str
) -> None:
    file.write_text("")

    result = queues.run("redrive", *(str(file) if word == "FILE" else word for word in words))
    assert said in result.stderr
