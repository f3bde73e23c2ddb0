"""`mozi-relay dead-letters` shows every dead letter, keeps each, and holds none afterwards."""

import io
import json
import re
import signal
import time
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.cells import cell_len

from operate.output import many
from tests.support.dead_letter_queues import Queues
from tests.support.outbound import message
from tests.support.template import RESOURCES

CHINESE = "标签未登记,请先在门户登记后再发送。" * 20


@pytest.fixture
def queues(cloud: None) -> Queues:
    return Queues()


def unreachable() -> None:
    raise EndpointConnectionError(endpoint_url="https://sqs")


@pytest.mark.parametrize("count", [0, 1, 10, 11, 101])
def test_each_letter_is_listed_once_and_all_stay_visible_in_the_queue(queues: Queues, count: int) -> None:
    queues.fill(count)
    result = queues.run("dead-letters")

    assert result.status == 0
    assert result.stdout.splitlines()[0] == many(count, "dead letter")
    names = [line.split()[-1] for line in result.stdout.splitlines() if "  o-1  " in line]
    assert sorted(names) == sorted(f"n-{number}" for number in range(count))
    assert result.stderr == ""
    assert queues.counts() == (count, 0)
    assert len(queues.listed()) == count


def test_the_dead_letter_queue_gives_up_on_no_letter_however_often_it_is_read() -> None:
    assert "RedrivePolicy" not in RESOURCES["NoticeDeadLetterQueue"]["Properties"]


def test_a_program_gets_the_whole_letters(queues: Queues) -> None:
    body = json.dumps({"orgId": "o-中", "messages": [message("a", header="标题")]}, ensure_ascii=False)
    queues.reject(body, code="31400", why=CHINESE[:50])
    found = json.loads(queues.run("dead-letters", "--json").stdout)
    (letter,) = found["letters"]

    assert found["byCode"] == {"31400": 1}
    assert json.loads(letter["body"]) == json.loads(body)
    assert (letter["messageId"], letter["orgId"], letter["errorMessage"]) == ("a", "o-中", CHINESE[:50])
    assert len(letter["deadLetter"]) == 36
    assert letter["rejectedAt"][-6] in "+-"


def test_letters_are_counted_by_code_first(queues: Queues) -> None:
    queues.fill(3, code="400")
    queues.fill(11)
    lines = [line.split() for line in queues.run("dead-letters").stdout.splitlines()]

    assert lines[:4] == [["14", "dead", "letters"], ["InvalidNotice", "11"], ["400", "3"], []]


def test_chinese_reasons_stay_within_a_hundred_columns_and_whole(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    queues.reject(json.dumps({"orgId": "组织" * 40, "messages": [message("消息" * 40)]}), why=CHINESE)
    lines = queues.run("dead-letters").stdout.splitlines()

    assert max(map(cell_len, lines)) <= 100
    assert CHINESE in "".join(line.strip() for line in lines)


@pytest.mark.parametrize("count", [1, 3])
def test_no_line_ends_in_spaces(queues: Queues, count: int) -> None:
    queues.fill(count, why="short")
    queues.fill(1, code="400", why=CHINESE)

    assert [line for line in queues.run("dead-letters").stdout.splitlines() if line != line.rstrip()] == []


def test_what_would_command_a_terminal_or_break_a_line_is_not_shown(queues: Queues) -> None:
    queues.fill(1, why="one\r\ntwo \x9b2J [red]three")

    assert "one two \ufffd2J [red]three" in queues.run("dead-letters").stdout


def test_a_letter_that_sqs_put_there_itself_has_no_attributes_and_is_shown(queues: Queues) -> None:
    queues.sqs.send_message(QueueUrl=queues.letters, MessageBody="?")
    result = queues.run("dead-letters")

    assert result.status == 0
    assert "1 dead letter\n" in result.stdout
    assert queues.listed()[0]["errorCode"] == ""


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--code", "400"], 3),
        (["--code", "40"], 0),
        (["--org", "o-1"], 14),
        (["--org", "o"], 0),
        (["--limit", "1"], 1),
        (["--limit", "15"], 14),
        (["--code", "400", "--limit", "2"], 2),
    ],
)
def test_letters_are_chosen_by_code_organisation_and_number(
    queues: Queues, words: list[str], count: int
) -> None:
    queues.fill(3, code="400")
    queues.fill(11)

    assert len(queues.listed(*words)) == count
    assert queues.counts() == (14, 0)


@pytest.mark.parametrize("number", [1, 3, 12, 13])
def test_an_interrupt_leaves_no_letter_invisible(queues: Queues, number: int) -> None:
    queues.fill(101)
    queues.interrupt("ReceiveMessage", number)
    result = queues.run("dead-letters")

    assert result.status == 130
    assert "stopped: interrupted" in result.stderr
    assert queues.counts() == (101, 0)


def test_an_interrupt_while_letters_arrive_leaves_none_invisible(queues: Queues) -> None:
    queues.fill(11)
    queues.after("ReceiveMessage", lambda _: signal.raise_signal(signal.SIGINT))

    assert queues.run("dead-letters").status == 130
    assert queues.counts() == (11, 0)


def test_a_letter_that_is_visible_already_is_no_fault(queues: Queues) -> None:
    queues.fill(1)
    failed = {"Id": "0", "Code": "AWS.SimpleQueueService.MessageNotInflight", "SenderFault": True}
    queues.after("ChangeMessageVisibilityBatch", lambda parsed: parsed.update(Failed=[failed]))

    assert queues.run("dead-letters").stderr == ""


def test_the_oldest_letters_come_first(queues: Queues) -> None:
    names = ["e", "b", "d", "a", "c", "f"]
    for name in names:
        queues.reject(json.dumps({"orgId": "o-1", "messages": [message(name)]}))
        time.sleep(0.002)

    assert [letter["messageId"] for letter in queues.listed()] == names


def test_an_error_leaves_no_letter_invisible(queues: Queues) -> None:
    queues.fill(101)
    queues.at("ReceiveMessage", 5, unreachable)
    result = queues.run("dead-letters")

    assert result.status == 1
    assert "AWS cannot be reached" in result.stderr
    assert queues.counts() == (101, 0)


def test_letters_that_could_not_be_made_visible_are_told(queues: Queues) -> None:
    queues.fill(25)
    queues.at("ChangeMessageVisibilityBatch", 2, unreachable)
    result = queues.run("dead-letters")

    assert result.status == 0
    assert "15 letters stay invisible for up to 15 minutes: AWS cannot be reached" in result.stderr
    assert queues.counts() == (10, 15)
    assert "About 15 letters are not seen here" in queues.run("dead-letters").stderr


def test_a_letter_that_comes_again_is_listed_once(queues: Queues) -> None:
    queues.fill(12)
    calls: list[int] = []
    # The first ten are visible again at once.
    queues.before("ReceiveMessage", lambda params: calls or params.update(VisibilityTimeout=0))
    queues.before("ReceiveMessage", lambda params: calls.append(1))

    names = [letter["deadLetter"] for letter in queues.listed()]
    assert len(names) == len(set(names)) == 12
    assert len(calls) == 5
    assert queues.counts() == (12, 0)


def test_a_letter_is_found_by_the_beginning_of_its_id(queues: Queues) -> None:
    queues.fill(11)
    chosen = queues.listed()[4]

    assert queues.listed("--id", chosen["deadLetter"][:8].upper()) == [chosen]


def test_what_is_deleted_is_gone_and_the_rest_is_not(queues: Queues) -> None:
    queues.fill(12)
    names = [letter["deadLetter"] for letter in queues.listed()]
    words = [word for name in names[:11] for word in ("--id", name[:8])]
    result = queues.run("dead-letters", "--delete", "--yes", *words)

    assert result.status == 0
    assert result.stdout == "11 dead letters deleted\n"
    assert queues.counts() == (1, 0)
    assert queues.listed()[0]["deadLetter"] == names[11]


@pytest.mark.parametrize(
    ("answer", "status", "kept"), [("y\n", 0, 0), ("n\n", 2, 1), ("\n", 2, 1), ("", 2, 1)]
)
def test_a_person_is_asked_before_a_letter_is_deleted(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, kept: int
) -> None:
    queues.fill(1)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    result = queues.run("dead-letters", "--delete", "--id", queues.listed()[0]["deadLetter"])

    assert result.status == status
    assert "Delete 1 dead letter for good?" in result.stderr
    assert ("--yes" in result.stderr) is (answer == "")
    assert queues.counts() == (kept, 0)


def test_a_letter_that_could_not_be_deleted_is_told_and_kept(queues: Queues) -> None:
    queues.fill(3)
    names = [letter["deadLetter"] for letter in queues.listed()]
    queues.refuse("DeleteMessageBatch", 1)
    words = [word for name in names for word in ("--id", name)]
    result = queues.run("dead-letters", "--delete", "--yes", "--json", *words)

    assert result.status == 1
    assert json.loads(result.stdout) == {
        "deleted": 2,
        "notDeleted": {names[1]: "InternalError"},
        "left": [],
        "stopped": "",
    }
    assert queues.counts() == (1, 0)


@pytest.mark.parametrize("status", [1, 130])
def test_a_deletion_that_stops_tells_what_is_left(queues: Queues, status: int) -> None:
    queues.fill(12)
    names = [letter["deadLetter"] for letter in queues.listed()]
    if status == 130:
        queues.interrupt("DeleteMessageBatch", 1)
    else:
        queues.at("DeleteMessageBatch", 2, unreachable)
    words = [word for name in names for word in ("--id", name)]
    result = queues.run("dead-letters", "--delete", "--yes", "--json", *words)
    told = json.loads(result.stdout)

    assert result.status == status
    assert (told["deleted"], told["left"]) == (10, names[10:])
    assert queues.counts() == (2, 0)


@pytest.mark.parametrize(
    "words",
    [
        ["--delete"],
        ["--delete", "--code", "400"],
        ["--delete", "--id", "a", "--org", "o-1"],
        ["--delete", "--id", "a", "--limit", "1"],
        ["--delete", "--id", "a", "--save", "letters.jsonl"],
        ["--delete", "--yes", "--id", "x"],
        ["--delete", "--yes", "--id", ""],
        ["--limit", "0"],
    ],
)
def test_what_cannot_be_meant_deletes_nothing(queues: Queues, words: list[str]) -> None:
    queues.fill(1)

    assert queues.run("dead-letters", *words).status == 2
    assert queues.counts() == (1, 0)


def test_a_saved_file_is_for_its_owner_alone(queues: Queues, tmp_path: Path) -> None:
    queues.fill(1)
    file = tmp_path / "letters.jsonl"
    result = queues.run("dead-letters", "--save", str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    assert f"mozi-relay redrive --stack relay {file}" in result.stderr


def test_without_letters_no_file_is_written_that_stands_in_the_way_of_the_next(
    queues: Queues, tmp_path: Path
) -> None:
    file = tmp_path / "letters.jsonl"
    result = queues.run("dead-letters", "--save", str(file))

    assert (result.status, file.exists(), "redrive" in result.stderr) == (0, False, False)
    assert "nothing to save" in result.stderr


def test_a_letters_time_says_its_offset(queues: Queues) -> None:
    queues.fill(1)

    assert re.search(r" \d\d:\d\d:\d\d[+-]\d\d:\d\d  ", queues.run("dead-letters").stdout)


def test_a_saved_file_is_never_written_over(queues: Queues, tmp_path: Path) -> None:
    queues.fill(1)
    file = tmp_path / "letters.jsonl"
    file.write_text("fixed")
    result = queues.run("dead-letters", "--save", str(file))

    assert result.status == 2
    assert "name a new file" in result.stderr
    assert file.read_text() == "fixed"
