"""A dead letter becomes a line that a person fixes, and a line is read by the rules of the relay."""

import json
from typing import Any

import pytest

from operate.dead_letters.held import Letter
from operate.dead_letters.shown import line_of
from operate.redrive.file import Line, LineFault, read_lines
from tests.support.outbound import message

LARGEST = 1_000_000


def letter(body: str, name: str = "l-1") -> Letter:
    return Letter(name, body, None, {"errorCode": "400", "errorMessage": "标签"})


def line(name: str = "l-1", **members: Any) -> str:
    return json.dumps({"deadLetter": name} | members, ensure_ascii=False)


def good(name: str, **more: Any) -> str:
    return line(name, orgId="o-1", notice=message(name, **more))


def read(*lines: str) -> tuple[list[Line], list[LineFault]]:
    return read_lines("\n".join(lines), LARGEST)


@pytest.mark.parametrize(
    "notice",
    [
        '{"messageId": "a", "n": 1.10}',
        '{"n":1e2,"messageId":"a","n2":10000000000000000000001}',
        '"text"',
        "[]",
    ],
)
def test_a_notice_keeps_the_text_it_was_sent_in(notice: str) -> None:
    written = line_of(letter('{"orgId":"o \\u4e2d","messages":[' + notice + "]}"))

    assert written == (
        '{"deadLetter": "l-1", "errorCode": "400", "errorMessage": "标签", '
        '"orgId": "o \\u4e2d", "notice": ' + notice + "}"
    )


def test_a_notice_written_over_several_lines_becomes_one() -> None:
    written = line_of(letter('{"orgId": "o-1", "messages": [{\r\n  "messageId":\n "a"}]}'))

    assert written.endswith('"notice": {    "messageId":  "a"}}')


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "no JSON\n中文\u2028\x85",
        '{"orgId": "o-1"}',
        '{"orgId": "o-1", "messages": []}',
        '{"orgId": "o-1", "messages": [{}, {}]}',
        '{"orgId": "o-1", "messages": [{}], "more": 1}',
        '{"messages": [{}]}',
        '{"orgId": "o-1", "messages": [{"n": NaN}]}',
        "[" * 100_000,
    ],
)
def test_what_is_not_one_notice_of_one_organisation_is_kept_whole(body: str) -> None:
    written = line_of(letter(body))
    found = json.loads(written)

    assert found["body"] == body
    assert "notice" not in found
    assert "\n" not in written


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n \n"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_was_saved_is_read_again_whatever_ends_a_line(count: int, end: str) -> None:
    bodies = [
        '{"orgId":"o-1","messages":['
        + json.dumps(message(f"a\u2028{n}\x85\x7f\x9b\u202e"), ensure_ascii=False)
        + "]}"
        for n in range(count)
    ]
    text = "".join(line_of(letter(body, f"l-{n}")) + end for n, body in enumerate(bodies))
    lines, faults = read_lines(text, LARGEST)

    assert faults == []
    assert text.translate({ord(one): None for one in "\r\n"}).isprintable()
    read = [(one.letter, json.loads(one.body)) for one in lines]
    assert read == [(f"l-{n}", json.loads(body)) for n, body in enumerate(bodies)]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{", "not a JSON object: Expecting"),
        ("[]", "not a JSON object: expected {"),
        (good("l-1") + good("l-2"), "something follows"),
        (line(orgId="o-1", notice={"messageId": "a", "n": 0}).replace("0", "1e999"), "a number is too large"),
        (json.dumps({"orgId": "o-1", "notice": {}}), "deadLetter: required"),
        (line(""), "deadLetter: required"),
        (line(), "notice: required"),
        (line(orgId="o-1", notice={}, body=""), "notice: required"),
        (line(outcome={}, body=""), "notice: required"),
        (line(outcome="accepted"), "outcome: an object"),
        (line(notice=message()), "orgId: required"),
        (line(orgId=7, notice=message()), "orgId: required"),
        (line(orgId=" ", notice=message()), "orgId: required"),
        (line(orgId="o\n", notice=message()), "orgId: required"),
        (line(orgId="o-1", notice={}), "messageId: Field required"),
        (line(orgId="o-1", notice="a"), "must be an object"),
        (line(body=7), "body: a string"),
        (line(body="?"), "not a JSON object that can be sent on: expected {"),
        (line(body='{"orgId": "o-1", "messages": []}'), "messages: required, a list of 1 to 100 notices"),
        (line(body=json.dumps({"orgId": "o-1", "messages": [{}] * 101})), "here 101"),
        (
            line(body=json.dumps({"orgId": "o-1", "messages": [message(), {}]})),
            "messages.1: messageId: Field required",
        ),
        (json.dumps({"deadLetter": "l-1", "body": '{"orgId": "o", "messages": [{}], "\ud800": 1}'}), "SQS"),
        (good("a", x="\ud800").replace("\ud800", "\\ud800"), "cannot be written as UTF-8 JSON"),
    ],
)
def test_a_line_that_cannot_be_sent_is_named_with_its_field(written: str, reason: str) -> None:
    lines, (fault,) = read(good("before"), "", written, good("after"))

    assert [one.letter for one in lines] == ["before", "after"]
    assert fault.line == 3
    assert reason in fault.reason


def test_nothing_of_what_is_in_a_line_is_said() -> None:
    _, faults = read(line(orgId="o-1", notice=message(targets="secret")), '{"secret')

    assert len(faults) == 2
    assert "secret" not in str(faults)


def test_a_letter_may_be_fixed_into_several_lines() -> None:
    lines, faults = read(good("a"), good("b"), good("a"))

    assert [(one.number, one.letter) for one in lines] == [(1, "a"), (2, "b"), (3, "a")]
    assert faults == []


@pytest.mark.parametrize(
    "wrong",
    [
        line("l-1", orgId="o-1", notice={}),
        line("l-1", notice=message()),
        line("l-1"),
        line("l-1", orgId="o-1", notice=message())[:-1],
        '{"orgId": "o-1", "deadLetter" : "l-1", ',
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_fault_in_one_line_of_a_letter_keeps_its_other_lines_back(wrong: str, place: int) -> None:
    written = [good("l-1"), good("l-1")]
    written.insert(place, wrong)
    lines, faults = read(good("l-2"), *written, good("l-11"))

    assert [one.letter for one in lines] == ["l-2", "l-11"]
    assert [one.line for one in faults] == [2, 3, 4]
    kept = [one.reason for one in faults if one.line != place + 2]
    assert kept == [f"deadLetter: kept back, for line {place + 2} of the same letter is wrong"] * 2


def test_one_external_app_under_two_names_is_noticed_within_an_organisation() -> None:
    def named(letter: str, org: str, zh: str) -> str:
        name = {"default": "Portal", "zh_CN": zh}
        return line(letter, orgId=org, notice=message(letter, appId=None, appName=name))

    lines, faults = read(named("a", "o-1", "门户"), named("b", "o-2", "入口"), named("c", "o-1", "入口"))

    assert [one.letter for one in lines] == ["a", "b"]
    assert faults == [LineFault(3, "appName: differs from an earlier notice's of the same app")]


@pytest.mark.parametrize("over", [0, 1])
def test_size_is_counted_in_bytes(over: int) -> None:
    text = good("a", x="中" * 100)
    ((one,), _) = read(text)
    lines, faults = read_lines(text, len(one.body.encode()) - over)

    assert (len(lines), len(faults)) == (1 - over, over)


@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_a_character_that_sqs_does_not_take_is_sent_escaped(character: str) -> None:
    ((one,), _) = read(good("a", ext=character))

    assert character not in one.body
    assert json.loads(one.body)["messages"][0]["ext"] == character
