"""What a sender put beside its notices stays with them, and an outcome among the letters is no notice."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from notice.outcomes import Accepted
from notice.queue.outcome_events import outcome_events
from notice.queue.records import read_records
from tests.support.dead_letter_queues import Queues
from tests.support.outbound import NOW, event, message, record

PAST, FUTURE = "2026-01-02T03:04:05+08:00", "2999-01-02T03:04:05Z"
TRACE = {"dataType": "String", "stringValue": "链路 1"}
COUNT = {"dataType": "Number.int", "stringValue": "7"}
BYTES = {"dataType": "Binary.x", "binaryValue": b64encode(b"\0\xff").decode()}
SENT_ALONG = {
    "bytes": {"DataType": "Binary.x", "BinaryValue": b"\0\xff"},
    "count": {"DataType": "Number.int", "StringValue": "7"},
    "trace": {"DataType": "String", "StringValue": "链路 1"},
}


@pytest.fixture
def queues(cloud: None) -> Queues:
    return Queues()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "letters.jsonl"


def body(name: str = "a", **more: Any) -> str:
    return json.dumps({"orgId": "o-1", "messages": [message(name)], **more})


def save(queues: Queues, file: Path) -> list[dict[str, Any]]:
    """The lines of the letters, ready to be fixed."""
    assert queues.run("dead-letters", "--save", str(file)).status == 0
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def write(file: Path, lines: list[Any]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def outcome() -> str:
    """A record that holds an outcome, put off while the topic was in trouble."""
    (told,) = outcome_events("r-1", "o-1", [("a 中", Accepted())], NOW)
    given = f'{{"outcome":{told.text}}}'
    (read,) = read_records(event(record(body=given)), NOW)
    assert read.put_off == told
    return given


def expire_outcome(queues: Queues) -> str:
    queues.reject(outcome(), code="Expired", why="14 days in the queue; its outcome could not be published")
    return outcome()


# -- attributes


@pytest.mark.parametrize("way", ["all", "file"])
def test_the_senders_own_attributes_are_sent_again_and_ours_are_not(
    queues: Queues, file: Path, way: str
) -> None:
    queues.reject(body(), attributes={"trace": TRACE, "count": COUNT, "bytes": BYTES})
    save(queues, file)

    assert queues.run("redrive", str(file) if way == "file" else "--all").status == 0

    ((_, attributes),) = queues.sent_with_attributes()
    assert attributes == SENT_ALONG


def test_a_letter_without_any_has_none(queues: Queues) -> None:
    queues.reject(body())
    queues.run("redrive", "--all")

    assert [attributes for _, attributes in queues.sent_with_attributes()] == [{}]


def test_each_line_of_a_letter_has_its_attributes(queues: Queues, file: Path) -> None:
    queues.reject(body("a"), attributes={"trace": TRACE})
    queues.reject(body("b"))
    first, second = save(queues, file)
    write(file, [first, second, first | {"notice": message("c")}])

    assert queues.run("redrive", str(file)).status == 0

    found = {json.loads(body)["messages"][0]["messageId"]: a for body, a in queues.sent_with_attributes()}
    assert found == {"a": {"trace": SENT_ALONG["trace"]}, "b": {}, "c": {"trace": SENT_ALONG["trace"]}}


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("way", ["all", "file"])
def test_attributes_count_towards_what_the_queue_takes(
    queues: Queues, file: Path, way: str, over: int
) -> None:
    sent = '{"orgId":"o-1","messages":[' + json.dumps(message("a")) + "]}"
    value = "x" * (2048 + over - len(sent) - len("trace" + "String"))
    queues.reject(sent, attributes={"trace": {"dataType": "String", "stringValue": value}})
    save(queues, file)
    queues.sqs.set_queue_attributes(QueueUrl=queues.notices, Attributes={"MaximumMessageSize": "2048"})
    result = queues.run("redrive", str(file) if way == "file" else "--all")

    assert result.status == over
    assert ("larger than the queue takes" in result.stdout) == bool(over)
    assert len(queues.sent()) == 1 - over
    assert queues.counts() == (over, 0)


# -- notAfter


@pytest.mark.parametrize("way", ["all", "file"])
def test_a_notice_that_is_not_too_late_keeps_its_last_moment(queues: Queues, file: Path, way: str) -> None:
    queues.reject(body(notAfter=FUTURE))
    (line,) = save(queues, file)
    assert line["notAfter"] == FUTURE
    assert line["notice"] == message("a")
    result = queues.run("redrive", str(file) if way == "file" else "--all", "--anyway")

    assert result.status == 0
    assert [json.loads(one) for one in queues.sent()] == [json.loads(body(notAfter=FUTURE))]


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
@pytest.mark.parametrize(("code", "limit"), [("TooLate", PAST), ("400", PAST), ("TooLate", FUTURE)])
def test_what_is_too_late_is_not_sent_but_named_and_the_rest_is_sent(
    queues: Queues, words: list[str], code: str, limit: str
) -> None:
    queues.reject(body("late", notAfter=limit), code=code)
    queues.fill(2)
    late = queues.listed()[0]
    result = queues.run("redrive", "--all", *words)

    assert result.status == 1
    assert f"not sent, still a dead letter: {late['deadLetter'][:8]} (late) too late" in result.stdout
    assert "1 letter is too late to be sent: --anyway sends without notAfter" in result.stderr
    if not words:
        assert len(queues.sent()) == 2
        assert queues.listed() == [late]


@pytest.mark.parametrize("way", ["--all", "--id", "file"])
def test_nothing_is_done_where_all_is_too_late(queues: Queues, file: Path, way: str) -> None:
    queues.reject(body(notAfter=PAST), code="TooLate")
    (late,) = save(queues, file)
    words = {"--all": ["--all"], "--id": ["--id", late["deadLetter"]], "file": [str(file)]}[way]
    result = queues.run("redrive", *words, "--json")

    assert result.status == 2
    assert json.loads(result.stdout)["tooLate"] == [late["deadLetter"]]
    assert queues.sent() == []
    assert queues.counts() == (1, 0)


@pytest.mark.parametrize("way", ["all", "file"])
@pytest.mark.parametrize("limit", [PAST, FUTURE])
def test_it_is_sent_anyway_without_its_last_moment_when_that_is_asked_for(
    queues: Queues, file: Path, way: str, limit: str
) -> None:
    sent = '{"messageId": "a", "targetType": 1, "targets": ["u-1"], "appId": "x", "messageType": 1, "n": 1.0}'
    queues.reject('{"orgId": "o-中", "messages": [' + sent + f'], "notAfter": "{limit}"}}', code="TooLate")
    save(queues, file)
    result = queues.run("redrive", str(file) if way == "file" else "--all", "--anyway")

    assert result.status == 0
    kept = limit == FUTURE and way == "file"  # A person wrote it there.
    after = f',"notAfter":"{limit}"' if kept else ""
    assert queues.sent() == ['{"orgId":"o-中","messages":[' + sent + "]" + after + "}"]
    assert queues.counts() == (0, 0)


@pytest.mark.parametrize("limit", [FUTURE, None])
def test_a_last_moment_that_was_moved_or_taken_away_in_the_file_counts(
    queues: Queues, file: Path, limit: str | None
) -> None:
    queues.reject(body(notAfter=PAST), code="TooLate")
    (line,) = save(queues, file)
    write(file, [line | {"notAfter": limit}])

    assert queues.run("redrive", str(file)).status == 0
    assert [json.loads(one).get("notAfter") for one in queues.sent()] == [limit]


def test_a_line_that_is_too_late_keeps_the_others_of_its_letter_back(queues: Queues, file: Path) -> None:
    queues.reject(body(), code="400")
    (line,) = save(queues, file)
    write(file, [line, line | {"notice": message("b"), "notAfter": PAST}])

    assert queues.run("redrive", str(file)).status == 2
    assert queues.sent() == []
    assert queues.counts() == (1, 0)


def test_a_last_moment_that_is_none_is_a_fault_of_its_line(queues: Queues, file: Path) -> None:
    queues.reject(body(notAfter=FUTURE))
    (line,) = save(queues, file)
    write(file, [line | {"notAfter": "tomorrow"}])
    result = queues.run("redrive", str(file))

    assert result.status == 2
    assert "line 1: notAfter: a time with its zone" in result.stderr


# -- outcomes


def test_an_outcome_among_the_letters_is_shown_as_one(queues: Queues) -> None:
    expire_outcome(queues)
    queues.fill(1)
    shown = queues.run("dead-letters").stdout

    assert shown.count("an outcome, no notice") == 1
    assert [(one["messageId"], one["outcome"]) for one in queues.listed()] == [("", True), ("n-0", False)]


@pytest.mark.parametrize(
    "given", ['{"outcome": "x", "orgId": "o-1", "messages": []}', '{"outcome": []}', '["outcome"]']
)
def test_what_only_looks_like_an_outcome_is_none(queues: Queues, file: Path, given: str) -> None:
    queues.reject(given)
    (line,) = save(queues, file)

    assert line["body"] == given
    assert [one["outcome"] for one in queues.listed()] == [False]


@pytest.mark.parametrize("way", ["all", "file"])
def test_an_outcome_is_published_when_it_is_redriven(queues: Queues, file: Path, way: str) -> None:
    given = expire_outcome(queues)
    queues.fill(1)
    lines = save(queues, file)
    assert lines[0]["outcome"] == json.loads(given)["outcome"]
    assert "notice" not in lines[0]

    assert queues.run("redrive", str(file) if way == "file" else "--all", "--anyway").status == 0

    found = [next(read_records(event(record(body=one)), NOW)) for one in queues.sent()]
    assert sorted(bool(one.put_off) for one in found) == [False, True]
    assert queues.counts() == (0, 0)
