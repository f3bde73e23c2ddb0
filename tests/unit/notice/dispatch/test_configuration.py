"""What only configuration can mend is told at once and costs one call an invocation."""

from typing import Any

import pytest

from notice.portal.errors import PortalNotAllowedError
from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import message_ids, org_id
from sandbox.vendors.portal_faults import BLOCKED
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.in_process_portal import WRONG_ADDRESS, InProcessPortal, raising
from tests.support.outbound import deadline, message, new_dispatcher, notices

METHOD = Answer(405, b"<h1>Not Allowed</h1>")
BLOCKED_IN_JSON = Answer(403, {"code": 403, "message": "IP not allowed"})
NO_SUCH_PATH_IN_JSON = Answer(404, {"code": 404, "message": "no such API"})
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "redirect": ({"redirect": "https://login.example/"}, "302"),
    "no certificate": (
        {"reply": raising(PortalNotAllowedError("CERTIFICATE_VERIFY_FAILED"))},
        "CERTIFICATE_VERIFY_FAILED",
    ),
    "no name": ({"reply": raising(PortalNotAllowedError("EAI_NONAME"))}, "EAI_NONAME"),
    "signature": ({"code": 497}, "497"),
    "permission": ({"code": 498}, "498"),
    "no such path": ({"reply": WRONG_ADDRESS}, "404"),
    "no such path, in JSON": ({"reply": NO_SUCH_PATH_IN_JSON}, "404"),
    "firewall in JSON": ({"reply": BLOCKED_IN_JSON}, "403"),
    "firewall": ({"reply": BLOCKED}, "403"),
    "method": ({"reply": METHOD}, "405"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_day_of_a_configuration_fault_costs_few_calls_and_no_notice(fault: str) -> None:
    faults, code = FAULTS[fault]
    portal = InProcessPortal()
    portal.break_down(**faults)
    days = Simulation(portal)
    for number in range(300):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(DAY)

    assert days.faults.keys() == {("", code)}
    assert not days.outages
    assert days.most_calls(after=1) == 1
    assert (len(days.queue), days.dead) == (300, [])

    portal.fix()
    days.run(HOUR)
    assert len(portal.content) == 300


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_told_in_the_first_invocation(fault: str) -> None:
    faults, code = FAULTS[fault]
    portal = InProcessPortal()
    portal.break_down(**faults)
    days = Simulation(portal)
    for number in range(300):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(MINUTE)

    assert days.faults == {("", code): 1}
    assert len(portal.calls) <= 3


@pytest.mark.parametrize("fault", FAULTS)
def test_with_60_organisations_it_costs_no_more_calls(fault: str) -> None:
    faults, code = FAULTS[fault]
    organisations = [f"o-{number}" for number in range(60)]
    portal = InProcessPortal(organisations=organisations)
    portal.break_down(**faults)
    days = Simulation(portal)
    for org in organisations:
        days.put(org, message("n"), message("m"), org=org)

    days.run(2 * DAY)

    assert days.faults.keys() == {("", code)}
    assert days.most_calls(after=1) == 1
    assert (len(days.queue), days.dead) == (60, [])


@pytest.mark.parametrize("answer", [BLOCKED, METHOD, BLOCKED_IN_JSON], ids=["403", "405", "JSON"])
@pytest.mark.parametrize("position", [0, 1, 42, 99])
@pytest.mark.parametrize("others", [0, 300])
def test_one_notice_that_a_firewall_turns_away_is_rejected_with_its_answer(
    answer: Answer, position: int, others: int
) -> None:
    portal = InProcessPortal()
    portal.break_down(turn_away=frozenset({f"n-{position}"}), turned_away=answer)
    days = Simulation(portal)
    for number in range(100 + others):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(5 * MINUTE)

    assert days.dead == [f"n-{position}"]
    why = "IP not allowed" if answer is BLOCKED_IN_JSON else "turned away before it reached the portal"
    assert days.reasons == {(str(answer.status), why): 1}
    assert len(portal.content) == 99 + others
    assert len(portal.calls) <= 18 + others // 100
    assert not days.faults


@pytest.mark.parametrize("times", [1, 2])
def test_a_notice_that_a_firewall_turns_away_alone_only_a_few_times_is_accepted(times: int) -> None:
    """A firewall that limits rates, say, answers 403 to whatever comes at the wrong moment."""
    alone = 0

    def reply(request: Request) -> Answer | None:
        nonlocal alone
        ids = message_ids(request)
        alone += ids == ["n-42"]
        return BLOCKED if "n-42" in ids and alone <= times else None

    portal = InProcessPortal()
    portal.break_down(reply=reply)
    days = Simulation(portal)
    for number in range(200):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(HOUR)

    assert (days.dead, days.queue) == ([], {})
    assert not days.faults


def test_a_notice_that_is_turned_away_waits_until_another_record_can_decide() -> None:
    portal = InProcessPortal()
    portal.break_down(turn_away=frozenset({"n-0"}))
    days = Simulation(portal)
    days.put("r-0", message("n-0"))
    days.run(HOUR)
    assert (len(days.queue), days.dead) == (1, [])
    assert days.faults.keys() == {("", "403")}

    for number in range(1, 61):
        days.put(f"r-{number}", message(f"n-{number}"))
        days.run(MINUTE)

    assert days.dead == ["n-0"]
    assert len(portal.content) == 60


def test_a_firewall_that_begins_to_turn_all_away_midway_rejects_nothing() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=lambda _: BLOCKED if len(portal.calls) >= 2 else None)
    days = Simulation(portal)
    for number in range(300):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(HOUR)

    assert days.dead == []
    assert len(portal.content) == 200
    assert days.faults


def test_an_organisation_that_is_turned_away_stops_that_one_only() -> None:
    portal = InProcessPortal(organisations=("a", "b"))
    portal.break_down(reply=lambda call: BLOCKED if org_id(call) == "b" else None)

    report = new_dispatcher(portal, workers=1).dispatch(
        [*notices(300, org="a"), *notices(300, org="b")], deadline()
    )

    assert len(portal.accepted("a")) == 300
    assert report.faults == {("b", "403"): 1}


def test_one_wrong_organisation_of_60_holds_up_none_of_the_others() -> None:
    organisations = [f"o-{number}" for number in range(60)]
    portal = InProcessPortal(organisations=organisations)
    portal.break_down(no_such=frozenset({"o-0"}))
    days = Simulation(portal)
    for minute in range(60):
        for org in organisations:
            days.put(f"{org}-{minute}", message(f"n-{minute}"), org=org)
        days.run(MINUTE)
        assert {one.split("-")[1] for one in days.queue} <= {"0"}

    assert days.faults.keys() == {("o-0", "31404")}
    assert len(portal.batches("o-0")) <= 60
    assert days.dead == []
