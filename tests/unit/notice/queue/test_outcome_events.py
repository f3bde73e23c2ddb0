"""How large an event of outcomes is, and a day on which their topic is down."""

import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from notice.outcomes import Accepted, Outcome, Rejected
from notice.queue.outcome_events import EVENT_BYTES, OutcomeEvent, outcome_events
from tests.support.days import DAY, HOUR, Simulation
from tests.support.in_process_portal import InProcessPortal
from tests.support.outbound import NOW, message


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "InternalError"])
def test_a_day_without_the_topic_holds_up_no_notice_and_forgets_no_outcome(code: str) -> None:
    names = [f"n-{number}" for number in range(24 * 12)]
    bad = set(names[::12])
    portal = InProcessPortal(refuses=bad)
    day = Simulation(portal)
    day.topic.down = ClientError({"Error": {"Code": code}}, "PublishBatch")

    for number in range(24):
        for first in range(0, 12, 3):
            start = number * 12 + first
            day.put(f"r-{start}", *map(message, names[start : start + 3]))
        day.run(HOUR)

    assert portal.accepted("o-1") == set(names) - bad
    assert Counter(day.dead) == Counter(bad)
    assert day.topic.events == []

    day.topic.down = None
    day.run(DAY)

    told = {(outcome, name) for outcome, name in day.topic.told()}
    assert told == {("rejected" if name in bad else "accepted", name) for name in names}
    ids = Counter(one["id"] for one in day.topic.events)
    assert set(ids.values()) == {1}
    assert Counter(day.dead) == Counter(bad)
    assert day.queue == {}


def test_an_outcome_that_no_topic_took_for_as_long_as_the_queue_keeps_it_is_a_dead_letter() -> None:
    day = Simulation(InProcessPortal(refuses={"bad"}))
    day.topic.down = ClientError({"Error": {"Code": "NotFound"}}, "PublishBatch")
    day.put("r-1", message("n"), message("bad"))

    day.run(15 * DAY)

    assert (day.queue, day.topic.events) == ({}, [])
    assert {code: times for (code, _), times in day.reasons.items()} == {"400": 1, "Expired": 2}
    kept = [one["outcome"]["data"]["outcome"] for one in day.letters if "outcome" in one]
    assert sorted(kept) == ["accepted", "rejected"]


def test_a_notice_without_an_id_is_a_dead_letter_and_no_holdup() -> None:
    day = Simulation(InProcessPortal())
    nameless = message("n")
    del nameless["messageId"]
    day.put("r-1", nameless, message("m"))

    day.run(HOUR)

    assert (day.queue, day.portal.accepted("o-1")) == ({}, {"m"})
    assert [code for code, _ in day.reasons] == ["InvalidNotice"]
    assert sorted(day.topic.told()) == [("accepted", "m"), ("rejected", "")]


def made(*outcomes: tuple[str, Outcome], org: str = "o-1") -> OutcomeEvent:
    (one,) = outcome_events("r-1", org, outcomes, NOW)
    assert one.size <= EVENT_BYTES
    assert len(f'{{"outcome":{one.text}}}'.encode()) <= EVENT_BYTES
    return one


def notices_of(one: OutcomeEvent) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(one.text)["data"]["notices"]
    return found


def test_messages_are_cut_before_a_notice_is() -> None:
    one = made(*((f"n-{n}", Rejected("400", "很" * 1000)) for n in range(100)))

    found = notices_of(one)
    assert len(found) == 100
    assert {len(notice["errorMessage"]) for notice in found} == {500}


def test_a_message_that_fits_is_as_long_as_that_of_a_dead_letter() -> None:
    (found,) = notices_of(made(("n-1", Rejected("4" * 300, "x" * 3000))))

    assert (len(found["errorCode"]), len(found["errorMessage"])) == (256, 1000)


def test_an_id_too_large_for_any_event_leaves_the_others_in_it() -> None:
    large = "大" * 100_000

    found = notices_of(made(("n-1", Accepted()), (large, Accepted()), ("n-3", Accepted()), org="组" * 256))

    assert [one["messageId"] for one in found] == ["n-1", "n-3"]


def test_ids_that_fill_an_event_by_themselves_have_no_message() -> None:
    ids = [f"{n:02}" + "i" * 2600 for n in range(99)]

    found = notices_of(made(*((one, Rejected("400", "x" * 1000)) for one in ids)))

    assert [one["messageId"] for one in found] == ids
    assert {len(one.get("errorMessage", "")) for one in found} <= {0, 1, 3, 7}


def test_what_cannot_travel_as_a_character_is_an_escape() -> None:
    one = made(("a\ud800\uffff\x00", Rejected("400", "\udfff")))

    one.text.encode()
    assert notices_of(one)[0]["messageId"] == "a\ud800\uffff\x00"
