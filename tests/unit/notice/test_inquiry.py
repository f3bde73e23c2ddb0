"""What the portal is asked before notices are given up, and days on which their time is over."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from notice.deadline import Deadline
from notice.dispatch.ledger import Report
from notice.inquiry import REFUSALS, Held, Inquiry
from notice.portal.errors import (
    NotFoundError,
    OrganisationNotAllowedError,
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    ProduceTurnedAwayError,
    TokenTurnedDownError,
)
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.in_process_portal import DOWN, InProcessPortal
from tests.support.outbound import NOW, deadline, message, notice, notices

ABOUT_ONE_NOTICE = [ProduceFailedError("500"), ProduceRefusedError("404"), NotFoundError("404")]


class Holder:
    """Holds some messageIds, and raises what it is told to before it answers, a call each."""

    def __init__(self, *held: str, raises: Iterable[ProduceError | None] = ()) -> None:
        self.held, self.raises = held, iter(raises)
        self.asked: list[str] = []

    def holds(self, org_id: str, message_id: str, deadline: Deadline) -> bool:
        self.asked.append(message_id)
        if error := next(self.raises, None):
            raise error
        return message_id in self.held


def ask(
    holder: Holder, count: int = 3, seconds: float = 50, report: Report | None = None
) -> list[Held | None]:
    given = notices(count)
    found = Inquiry(holder, workers=1).ask(given, report or Report(), deadline(seconds))
    return [found.get(one) for one in given]


def test_each_notice_is_asked_about() -> None:
    assert ask(Holder("n-1")) == [Held.NO, Held.YES, Held.NO]


def test_copies_of_a_notice_are_asked_about_once() -> None:
    holder = Holder("n-0")

    Inquiry(holder, workers=1).ask([notice(0), notice(0)], Report(), deadline())

    assert holder.asked == ["n-0"]


@pytest.mark.parametrize(
    "error",
    [
        PortalUnavailableError("503"),
        PortalNotAllowedError("497"),
    ],
)
def test_a_portal_that_does_not_answer_is_asked_no_more(error: ProduceError) -> None:
    holder = Holder("n-0", "n-2", raises=[None, error])

    assert ask(holder) == [Held.YES, Held.UNKNOWN, Held.UNKNOWN]
    assert len(holder.asked) == 2


def test_what_speaks_of_one_organisation_stops_that_one_alone() -> None:
    holder = Holder("n-1", raises=[OrganisationNotAllowedError("512")])
    given = [notice(0, org="o-1"), notice(1, org="o-1"), notice(1, org="o-2")]

    found = Inquiry(holder, workers=1).ask(given, Report(), deadline())

    assert [found[one] for one in given] == [Held.UNKNOWN, Held.UNKNOWN, Held.YES]
    assert len(holder.asked) == 2


@pytest.mark.parametrize("error", ABOUT_ONE_NOTICE)
def test_an_answer_about_one_notice_says_nothing_of_the_others(error: ProduceError) -> None:
    assert ask(Holder("n-0", "n-2", raises=[None, error])) == [Held.YES, Held.UNKNOWN, Held.YES]


@pytest.mark.parametrize("error", ABOUT_ONE_NOTICE)
def test_a_portal_without_the_call_is_asked_no_more(error: ProduceError) -> None:
    holder = Holder(raises=[error] * 50)

    assert ask(holder, 50) == [Held.UNKNOWN] * 50
    assert len(holder.asked) == REFUSALS


def test_a_token_that_is_turned_down_is_replaced_once() -> None:
    once, twice = [TokenTurnedDownError("401")], [TokenTurnedDownError("401")] * 2

    assert ask(Holder("n-0", raises=once), 1) == [Held.YES]
    assert ask(Holder("n-0", raises=twice), 1) == [Held.UNKNOWN]


@pytest.mark.parametrize(
    ("errors", "faults", "outages"),
    [
        ([], {}, {}),
        ([PortalUnavailableError("503")], {}, {"503": 1}),
        ([ProduceFailedError("500"), ProduceFailedError("500")], {}, {"500": 1}),
        ([ProduceRefusedError("400")], {}, {"400": 1}),
        ([PortalNotAllowedError("498")], {("", "498"): 1}, {}),
        ([TokenTurnedDownError("401")] * 2, {("", "401"): 1}, {}),
        ([OrganisationNotAllowedError("512")], {("o-1", "512"): 1}, {}),
        ([ProduceTurnedAwayError("403")] * 3, {("", "403"): 1}, {}),
        # Another notice's answer came through.
        ([ProduceTurnedAwayError("403"), None], {}, {}),
        # As of an older portal, which does not have the call.
        ([NotFoundError("404")], {}, {"404": 1}),
    ],
)
def test_what_keeps_the_portal_from_saying_is_reported_once(
    errors: list[ProduceError | None], faults: dict[tuple[str, str], int], outages: dict[str, int]
) -> None:
    report = Report()

    ask(Holder(raises=errors), report=report)

    assert (report.faults, report.outages, report.calls) == (faults, outages, 0)


def test_what_the_sending_met_already_is_not_reported_again() -> None:
    report = Report(faults=Counter({("", "498"): 2}), outages=Counter({"503": 3}))

    ask(Holder(raises=[PortalNotAllowedError("498")]), report=report)
    ask(Holder(raises=[PortalUnavailableError("503")]), report=report)

    assert (report.faults, report.outages) == ({("", "498"): 2}, {"503": 3})


def test_no_call_is_begun_that_the_time_left_cannot_finish() -> None:
    holder = Holder("n-0")

    assert ask(holder, seconds=3) == [None, None, None]
    assert holder.asked == []


def test_of_a_notice_that_sends_again_what_is_there_the_portal_can_say_nothing() -> None:
    holder, again = Holder("n-0"), notice(0)
    sent_again = type(again)(again.org_id, "n-0", b'{"messageId":"n-0","targetType":1,"targets":["u-1"]}')

    assert Inquiry(holder).ask([sent_again], Report(), deadline()) == {sent_again: Held.UNKNOWN}
    assert holder.asked == []


# -- days


def at(seconds: float, zone: timezone = UTC) -> str:
    return datetime.fromtimestamp(NOW + seconds, zone).isoformat()


def day(**faults: Any) -> Simulation[InProcessPortal]:
    portal = InProcessPortal()
    portal.break_down(**faults)
    return Simulation(portal)


def test_a_notice_is_sent_as_long_as_its_time_is_not_over() -> None:
    days = day()
    days.put("r-1", message("n-1"), notAfter=at(MINUTE, timezone(timedelta(hours=8))))

    days.run(2 * MINUTE)

    assert days.topic.told() == [("accepted", "n-1")]


def test_what_is_received_too_late_for_the_first_time_is_rejected_without_a_call() -> None:
    days = day()
    given = message("n-1"), message("n-2", messageType=2)
    days.put("r-1", *given, notAfter=at(-1))

    days.run(MINUTE)

    assert (days.portal.calls, days.portal.asked, days.queue) == ([], [], {})
    assert {code for code, _ in days.reasons} == {"TooLate", "InvalidNotice"}
    assert ("TooLate", f"{at(-1)} has passed") in days.reasons
    assert days.letters[0] == {"orgId": "o-1", "messages": [given[0]], "notAfter": at(-1)}
    assert {outcome for outcome, _ in days.topic.told()} == {"rejected"}


def test_what_an_earlier_call_brought_there_is_accepted_however_late() -> None:
    """The portal takes the first of them, and is gone before it says so."""
    days = day(cut=True, calls=1)
    days.put("r-1", message("n-1"), notAfter=at(10 * MINUTE))
    days.run(MINUTE)
    days.portal.break_down(**DOWN)
    days.run(10 * MINUTE)
    days.portal.fix()
    before = len(days.portal.calls)

    days.run(HOUR)

    assert days.topic.told() == [("accepted", "n-1")]
    assert (days.dead, days.queue, len(days.portal.calls)) == ([], {}, before)


def test_what_never_got_there_is_rejected_once_its_time_is_over() -> None:
    days = day(status=500)
    days.put("r-1", message("n-1"), notAfter=at(10 * MINUTE))
    days.run(9 * MINUTE)
    days.portal.fix()
    days.now += 2 * MINUTE

    days.run(HOUR)

    assert dict(days.reasons) == {("TooLate", f"{at(10 * MINUTE)} has passed"): 1}
    assert (days.portal.asked, days.portal.accepted("o-1")) == (["n-1"], set())


@pytest.mark.parametrize("faults", [DOWN, {"reads": False, "status": 500}])
def test_where_the_portal_does_not_say_it_may_have_been_accepted(faults: dict[str, Any]) -> None:
    days = day(**faults)
    days.put("r-1", *(message(f"n-{n}") for n in range(50)), notAfter=at(10 * MINUTE))

    days.run(HOUR)

    assert dict(days.reasons) == {("TooLate", f"maybeAccepted: {at(10 * MINUTE)} has passed"): 50}
    assert days.queue == {}


@pytest.mark.parametrize(
    ("since", "outcome"),
    [({"reply": (500, {"code": 500})}, "accepted"), (DOWN, "rejected")],
    ids=["it says so", "it does not answer"],
)
def test_what_expires_is_asked_about_too(since: dict[str, Any], outcome: str) -> None:
    """The portal takes it, is gone before it says so, and takes nothing any more."""
    days = day(cut=True, calls=1)
    days.put("r-1", message("n-1"))
    days.run(MINUTE)
    days.portal.break_down(**since)

    days.run(14 * DAY)

    assert days.topic.told() == [(outcome, "n-1")]
    why = [message for code, message in days.reasons if code == "Expired"]
    assert all(one.startswith("maybeAccepted: 14 days in the queue; ") for one in why)
    assert len(why) == (outcome == "rejected")
