"""A letter may be redriven as several lines: it is deleted only once all of them are on the queue."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from operate.output import MOST_LISTED
from tests.support.dead_letter_queues import Queues
from tests.support.outbound import message


@pytest.fixture
def queues(cloud: None) -> Queues:
    return Queues()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "letters.jsonl"


def too_many(count: int = 101) -> str:
    """A record that no function takes."""
    return json.dumps({"orgId": "o-1", "messages": [message(f"n-{number}") for number in range(count)]})


def split(queues: Queues, file: Path) -> list[dict[str, Any]]:
    """A line for each notice of each letter."""
    assert queues.run("dead-letters", "--save", str(file)).status == 0
    saved = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    lines = [
        {"deadLetter": one["deadLetter"], "orgId": "o-1", "notice": notice}
        for one in saved
        for notice in (json.loads(one["body"])["messages"] if "body" in one else [one["notice"]])
    ]
    write(file, lines)
    return lines


def write(file: Path, lines: list[Any]) -> None:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def names(bodies: list[str]) -> list[str]:
    return [one["messageId"] for body in bodies for one in json.loads(body)["messages"]]


def test_a_letter_of_too_many_notices_is_sent_in_several_lines_and_then_gone(
    queues: Queues, file: Path
) -> None:
    queues.reject(too_many())
    queues.fill(1)
    split(queues, file)
    dry = json.loads(queues.run("redrive", str(file), "--dry-run", "--json").stdout)
    result = queues.run("redrive", str(file), "--json")

    assert result.status == 0
    assert len(json.loads(result.stdout)["redriven"]) == len(dry["redriven"]) == 2
    assert sorted(names(queues.sent())) == sorted([*(f"n-{number}" for number in range(101)), "n-0"])
    assert queues.counts() == (0, 0)


@pytest.mark.parametrize("entry", [1, 9])
def test_a_letter_of_which_one_line_was_not_taken_is_kept(queues: Queues, file: Path, entry: int) -> None:
    queues.reject(too_many())
    split(queues, file)
    queues.refuse("SendMessageBatch", entry)
    result = queues.run("redrive", str(file), "--json")
    told = json.loads(result.stdout)

    assert result.status == 1
    assert (list(told["notSent"].values()), told["redriven"], told["left"]) == (["InternalError"], [], [])
    assert len(queues.sent()) < 101
    assert queues.counts() == (1, 0)


@pytest.mark.parametrize(("number", "sent"), [(1, 0), (2, 10), (11, 100)])
@pytest.mark.parametrize("interrupted", [True, False])
def test_what_stops_between_the_lines_of_a_letter_keeps_it(
    queues: Queues, file: Path, number: int, sent: int, interrupted: bool
) -> None:
    def unreachable() -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    queues.reject(too_many())
    (name,) = {line["deadLetter"] for line in split(queues, file)}
    if interrupted:
        queues.interrupt("SendMessageBatch", number)
    else:
        queues.at("SendMessageBatch", number, unreachable)
    result = queues.run("redrive", str(file), "--json")

    # An interrupt takes effect when its request is through.
    assert len(queues.sent()) == min(101, sent + (10 if interrupted else 0))
    if sent and not (interrupted and number == 11):
        assert json.loads(result.stdout)["left"] == [name]
        assert "1 letter is left: call it again" in result.stderr
    assert result.status == (130 if interrupted else 1)
    assert queues.counts() == (0 if interrupted and number == 11 else 1, 0)


def test_a_wrong_line_keeps_back_all_of_its_letter_and_nothing_else(queues: Queues, file: Path) -> None:
    queues.reject(too_many())
    queues.fill(1)
    lines = split(queues, file)
    lines[40]["notice"]["targets"] = []
    write(file, lines)
    result = queues.run("redrive", str(file), "--skip-invalid")

    assert result.status == 1
    assert names(queues.sent()) == ["n-0"]
    assert queues.counts() == (1, 0)
    assert f"{file}, line 1: deadLetter: kept back, for line 41" in result.stderr
    assert "not sent, wrong in the file: 101 lines" in result.stdout


def test_a_letter_that_is_gone_is_told_once(queues: Queues, file: Path) -> None:
    queues.reject(too_many(102))
    lines = split(queues, file)
    queues.run("dead-letters", "--delete", "--yes", "--id", lines[0]["deadLetter"])
    result = queues.run("redrive", str(file), "--json")

    assert result.status == 2
    assert json.loads(result.stdout)["notFound"] == [lines[0]["deadLetter"]]


@pytest.mark.parametrize("over", [0, 1])
def test_at_most_so_many_faults_are_listed_and_a_program_gets_all(
    queues: Queues, file: Path, over: int
) -> None:
    file.write_text("{\n" * (MOST_LISTED + over) + json.dumps({"deadLetter": "x"}))
    result = queues.run("redrive", str(file))

    assert result.status == 2
    assert result.stderr.count(f"{file}, line ") == MOST_LISTED
    assert f"… and {over + 1} more" in result.stderr
    skipped = json.loads(queues.run("redrive", str(file), "--skip-invalid", "--json").stdout)
    assert len(skipped["invalid"]) == MOST_LISTED + over + 1


def test_letters_that_are_gone_are_listed_up_to_the_same_number(queues: Queues, file: Path) -> None:
    lines = [
        {"deadLetter": f"l-{number}", "orgId": "o-1", "notice": message()}
        for number in range(MOST_LISTED + 2)
    ]
    write(file, lines)
    shown = queues.run("redrive", str(file)).stdout

    assert shown.count("no dead letter any more") == MOST_LISTED
    assert "… and 2 more" in shown
