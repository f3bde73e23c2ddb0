"""The cursor of a replay."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from recovery.history import Page
from recovery.position import Position, position_of
from relay.api.base import InvalidRequestError
from relay.api.recovery import Replay
from relay.events import timestamp
from tests.support.template import topic_slugs

NOW = 1_795_360_209.0
SINCE, UNTIL = "2026-11-22T12:00:00+08:00", "2026-11-22T13:00:00+08:00"
FIRST, SECOND = "organization-add-update", "employee-leave"


def begin(now: float = NOW, **fields: Any) -> Position:
    return position_of(Replay.model_validate({"action": "replay", **fields}), lambda: now)


def test_a_replay_of_everything_is_of_every_topic_until_now() -> None:
    position = begin()

    assert set(position.slugs) == set(topic_slugs())
    assert (position.since, position.until) == ("", timestamp(NOW))


def test_times_are_those_of_the_index() -> None:
    position = begin(NOW, **{"from": SINCE, "to": UNTIL})

    assert (position.since, position.until) == ("2026-11-22T04:00:00.000Z", "2026-11-22T05:00:00.000Z")


def test_a_cursor_leads_back_to_where_it_was_taken_however_late_it_is_used() -> None:
    start = begin(eventTags=[SECOND, FIRST])
    later = start.after(Page(("k",), '[3, {"pk": {"S": "键"}}]'))

    assert start.slugs == (FIRST, SECOND)
    assert begin(NOW + 999, eventTags=[FIRST, SECOND], cursor=later.cursor) == later


def test_after_the_last_page_of_a_topic_comes_the_next_and_then_nothing() -> None:
    start = begin(eventTags=[FIRST, SECOND])

    second = start.after(Page(("k",), None))
    end = second.after(Page((), None))

    assert (second.slugs, second.within) == ((SECOND,), None)
    assert begin(NOW + 9, eventTags=[FIRST, SECOND], cursor=second.cursor) == second
    assert end.cursor is None


@pytest.mark.parametrize(
    "other",
    [
        {"eventTags": [FIRST]},
        {"eventTags": [SECOND], "from": SINCE},
        {"eventTags": [SECOND], "to": UNTIL},
        {},
    ],
)
def test_a_cursor_of_another_replay_is_refused(other: dict[str, Any]) -> None:
    cursor = begin(eventTags=[SECOND]).cursor

    with pytest.raises(
        InvalidRequestError, match="cursor: belongs to a replay of other eventTags, from, to or as"
    ):
        begin(**other, cursor=cursor)


def test_pace_and_limit_may_change_on_the_way() -> None:
    start = begin(eventTags=[SECOND], limit=1)

    assert begin(eventTags=[SECOND], limit=9, eventsPerSecond=5, dryRun=True, cursor=start.cursor) == start


@pytest.mark.parametrize(
    "text", ["{", "5", "[]", "[1, 2, 3]", "null", '"text"', '{"a": 1, "b": 2, "c": 3, "d": 4}']
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    for cursor in (text, urlsafe_b64encode(text.encode()).decode(), "中"):
        with pytest.raises(InvalidRequestError, match=r"^cursor: "):
            begin(cursor=cursor)
