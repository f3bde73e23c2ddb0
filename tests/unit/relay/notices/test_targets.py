"""A target that can be no user is named before the portal drops it, and many targets are parted."""

import json
from typing import Any

import pytest

from relay.json_text import Json
from relay.notices.sending import LARGEST_RECORD_BYTES, RECORD_BYTES, NotSent, check, pack
from relay.notices.targets import parted
from relay.sqs import MESSAGE_BYTES, REQUEST_BYTES
from tests.support.outbound import message


def wrong(user: str) -> list[NotSent]:
    return check([message("a", targets=["u-1", user])])


@pytest.mark.parametrize(
    ("user", "shown", "fault"),
    [
        ("u 1", "u 1", "holds a blank"),
        (" u1", " u1", "holds a blank"),
        ("u1\n", r"u1\u000a", "holds a blank"),
        ("u\t1", r"u\u00091", "holds a blank"),
        ("u\u00a01", r"u\u00a01", "holds a blank"),
        ("u\u30001", r"u\u30001", "holds a blank"),
        ("u\u200b1", r"u\u200b1", "holds a character that cannot be seen"),
        ("\ufeffu1", r"\ufeffu1", "holds a character that cannot be seen"),
        ("u\u202e1", r"u\u202e1", "holds a character that cannot be seen"),
        ("u\x001", r"u\u00001", "holds a character that cannot be seen"),
        ("u\x7f1", r"u\u007f1", "holds a character that cannot be seen"),
        *(
            (f"u{one}1", f"u\\u{ord(one):04x}1", "holds a character that cannot be seen")
            for one in "\u2800\u034f\u115f\u1160\u3164\uffa0\u17b4\u180b\ufe00\ufe0f\U000e0100"
        ),
        ("１.２E+11", "１.２E+11", "is a number that a spreadsheet shortened"),
        ("１．２Ｅ＋１１", "１．２Ｅ＋１１", "is a number that a spreadsheet shortened"),
        ("1.2E+11", "1.2E+11", "is a number that a spreadsheet shortened"),
        ("1.23457e11", "1.23457e11", "is a number that a spreadsheet shortened"),
        ("1,2E+11", "1,2E+11", "is a number that a spreadsheet shortened"),
        ("1E+11", "1E+11", "is a number that a spreadsheet shortened"),
        ("-5e-05", "-5e-05", "is a number that a spreadsheet shortened"),
        ("x" * 100 + " ", "x" * 39 + "…", "holds a blank"),
    ],
)
def test_a_target_that_can_be_no_user_is_named_and_shown(user: str, shown: str, fault: str) -> None:
    assert wrong(user) == [NotSent(0, f'targets: "{shown}" {fault}')]


@pytest.mark.parametrize(
    "user",
    [
        "u-1",
        "007",
        "15504745674071",
        "7e12",
        "E+11",
        "a.b@c.de",
        "张三",
        "１２",
        "한",
        "u_1:x|y",
        "1.5",
        "x1.2E+11",
    ],
)
def test_what_may_be_a_user_is_one(user: str) -> None:
    assert wrong(user) == []


def test_the_first_of_several_is_shown_with_the_number_of_the_others() -> None:
    (found,) = check([message("a", targets=["u 1", "u-2", "u 3", "u 4"])])

    assert found.reason == 'targets: "u 1" holds a blank; and 2 more'


USERS = [f"u{number:05}" for number in range(50_000)]


def parts(notice: Any) -> list[Any]:
    packed, not_sent = pack("o-1", [notice])

    assert not_sent == []
    assert all(one.positions == (0,) for one in packed)
    return [notice for one in packed for notice in json.loads(one.body)["messages"]]


@pytest.mark.parametrize("name", ["targets", "Targets"])
@pytest.mark.parametrize(
    "more", [{}, {"targetType": None, "messageType": None, "header": None, "appId": None}]
)
def test_more_targets_than_a_record_has_room_for_are_parted(name: str, more: dict[str, Any]) -> None:
    notice = message("a", ext="\ufffe", **more)
    del notice["targets"]
    if more:
        notice = {"messageId": "a"}
    found = parts(notice | {name: USERS})

    assert len(found) == 2
    assert [user for one in found for user in one[name]] == USERS
    assert all(one | {name: ()} == notice | {name: ()} for one in found)
    packed, _ = pack("o-1", [notice | {name: USERS}])
    assert all(one.size <= RECORD_BYTES for one in packed)
    assert packed[0].size > RECORD_BYTES - 20


def test_a_part_keeps_the_text_in_which_the_notice_was_written() -> None:
    users = ",".join(f'"\\u0075{number:06}"' for number in range(25_000))
    text = f'{{"messageId":"a", "targets" : [ {users} ],"x": 1.10}}'
    packed, _ = pack("o-1", [Json(json.loads(text), text)])

    assert len(packed) == 2
    for one in packed:
        assert '"messages":[{"messageId":"a","x":1.10,"targets":["\\u0075' in one.body


@pytest.mark.parametrize(
    ("notice", "sizes"),
    [
        # Large for its text alone, it fits into a message of its own.
        (message("a", body="x" * 300_000), 1),
        (message("a", body="x" * 300_000, targets=["u-1", "u-2"]), 1),
        # Its text leaves so little room that each part would be for a few users.
        (message("a", body="x" * 257_000, targets=USERS[:30_000]), 1),
        # Everyone gets it: targets say nothing.
        (message("a", targetType=0, targets=USERS), 1),
        # Nothing else is large enough.
        (message("a", body="x" * 800_000, targets=USERS), 2),
    ],
)
def test_a_notice_that_is_large_has_a_record_for_itself(notice: Any, sizes: int) -> None:
    packed, not_sent = pack("o-1", [message("before"), notice, message("after")])

    assert not_sent == []
    large = [one for one in packed if one.size > RECORD_BYTES]
    assert len(large) == sizes
    assert all(one.positions == (1,) and one.size <= LARGEST_RECORD_BYTES for one in large)


@pytest.mark.parametrize(
    "notice",
    [
        message("a", body="x" * 1_050_000, targets=["u-1", "u-2"]),
        message("a", targets=["u" * 1_050_000, "u-2"]),
        message("a", targetType=0, targets=USERS * 3),
    ],
)
def test_what_no_record_has_room_for_is_named(notice: Any) -> None:
    packed, (not_sent,) = pack("o-1", [notice])

    assert packed == []
    assert not_sent.reason.endswith("bytes of JSON: shorten it, or put the rest behind its url")


@pytest.mark.parametrize(("limit", "count"), [(30, 0), (31, 3), (35, 3), (36, 2), (43, 2), (44, 1)])
def test_a_part_is_filled_to_the_last_byte(limit: int, count: int) -> None:
    found = parted('{"m":"中","targets":["12345","2345","345"]}', [limit, limit])

    assert len(found) == count
    assert all(len(one.encode()) <= limit for one in found)


@pytest.mark.parametrize(("limit", "count"), [(77, 1), (78, 10)])
def test_a_limit_of_which_the_text_leaves_less_than_an_eighth_is_not_used(limit: int, count: int) -> None:
    notice = json.dumps({"m": "x" * 47, "targets": ["1234567"] * 10}, separators=(",", ":"))

    assert len(parted(notice, [limit, 300])) == count
    assert len(parted(notice, [limit])) == 10


def test_a_record_of_every_size_leaves_room_for_a_dead_letters_reason() -> None:
    assert list(MESSAGE_BYTES) == [RECORD_BYTES + 4096, LARGEST_RECORD_BYTES + 4096]
    assert RECORD_BYTES < REQUEST_BYTES
