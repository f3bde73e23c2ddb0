"""A portal that takes only so many notices at once gets no more, whatever it does with a larger batch."""

from collections.abc import Callable

import pytest

from notice.dispatch.dispatcher import WORKERS
from notice.dispatch.limits import FIRST_PATIENCE, BatchLimits
from notice.outcomes import Accepted
from sandbox.vendors.loopback import Answer
from sandbox.vendors.portal import message_ids, org_id
from sandbox.vendors.portal_faults import HUNG_UP
from tests.support.days import HOUR, MINUTE, Simulation
from tests.support.in_process_portal import FAILED, InProcessPortal, refusal
from tests.support.outbound import (
    BATCH_LIMIT,
    deadline,
    dispatch,
    kinds,
    message,
    new_dispatcher,
    notice,
    notices,
)

TOO_LARGE = Answer(413, b"<h1>Request Entity Too Large</h1>")
TOO_MANY = refusal("too many messages", code=432)
NO_ANSWERS = {"502": Answer(502, b"<h1>Bad Gateway</h1>"), "504": Answer(504, b""), "none": HUNG_UP}
ANSWERS = pytest.mark.parametrize(
    "answer",
    [*NO_ANSWERS.values(), FAILED, TOO_LARGE, TOO_MANY],
    ids=[*NO_ANSWERS, "500", "413", "432"],
)
SECONDS_WITHOUT_ANSWER = 15


def portal_that_takes(count: int, answer: Answer = FAILED, **given: list[str]) -> InProcessPortal:
    portal = InProcessPortal(**given)
    portal.break_down(largest=count, too_much=answer)
    return portal


@ANSWERS
@pytest.mark.parametrize("workers", [1, WORKERS])
def test_300_notices_get_through_to_a_portal_that_takes_50_in_12_calls(answer: Answer, workers: int) -> None:
    portal = portal_that_takes(50, answer)
    dispatcher = new_dispatcher(portal, workers=workers)

    report = dispatcher.dispatch(notices(300), deadline())

    assert kinds(report) == {Accepted: 300}
    assert len(portal.calls) <= 12


@ANSWERS
def test_a_day_at_a_portal_that_takes_50_costs_little_more_calls_than_full_batches_of_that(
    answer: Answer,
) -> None:
    portal = InProcessPortal()
    days = Simulation(portal)

    def let_time_pass(_: object) -> Answer:
        days.now += SECONDS_WITHOUT_ANSWER if answer in NO_ANSWERS.values() else 0
        return answer

    portal.break_down(largest=50, too_much=let_time_pass)
    for number in range(300):
        days.put(f"r-{number}", message(f"n-{number}"))

    days.run(5 * MINUTE)
    assert len(portal.content) == 300
    assert len(portal.calls) <= 12

    portal.forget_calls()
    for number in range(100):
        days.put(f"more-{number}", *(message(f"more-{number}-{each}") for each in range(100)))
    days.run(HOUR)

    assert len(portal.content) == 10_300
    assert len(portal.calls) <= 1.15 * 200
    assert days.dead == []


@pytest.mark.parametrize("invocations", [1, 10, 100])
@pytest.mark.parametrize("workers", [1, WORKERS])
def test_what_a_container_has_learned_it_keeps(invocations: int, workers: int) -> None:
    portal = portal_that_takes(50)
    dispatcher = new_dispatcher(portal, workers=workers)
    dispatcher.dispatch(notices(300), deadline())
    portal.forget_calls()

    for _ in range(invocations):
        dispatcher.dispatch(notices(10_000 // invocations), deadline())

    assert len(portal.calls) <= 1.15 * 200


def test_a_portal_that_takes_more_again_gets_more() -> None:
    portal = portal_that_takes(5)
    dispatcher = new_dispatcher(portal)
    dispatcher.dispatch(notices(300), deadline())
    portal.fix()

    for _ in range(40):
        dispatcher.dispatch(notices(300), deadline())

    assert max(portal.sizes) == BATCH_LIMIT
    assert portal.sizes[-3:] == [BATCH_LIMIT] * 3


@pytest.mark.parametrize("answer", [FAILED, HUNG_UP], ids=["500", "none"])
@pytest.mark.parametrize("count", [1, 2, 7, 24, 99])
def test_a_limit_that_changes_during_the_day_is_followed(count: int, answer: Answer) -> None:
    portal = portal_that_takes(50, answer)
    days = Simulation(portal)
    for hour in range(9):
        portal.break_down(largest=count if 3 <= hour < 6 else 50, too_much=answer)
        for number in range(6):
            days.put(f"r-{hour}-{number}", *(message(f"n-{hour}-{number}-{one}") for one in range(100)))
        days.run(HOUR)

    assert len(portal.content) == 5400
    assert days.dead == []
    assert not days.queue


@pytest.mark.parametrize("answer", [HUNG_UP, FAILED], ids=["none", "500"])
def test_in_an_outage_nothing_is_learned_of_a_limit(answer: Answer) -> None:
    portal, now = InProcessPortal(), [0.0]
    dispatcher = new_dispatcher(portal, clock=lambda: now[0])
    calls: list[int] = []
    portal.break_down(reply=answer)
    for receives in range(1, 9):
        now[0] += HOUR
        calls.append(dispatcher.dispatch(notices(300, receives=receives), deadline()).calls)
    portal.fix()
    now[0] += HOUR

    report = dispatcher.dispatch(notices(300), deadline())

    assert calls == [2] + 7 * [1]
    assert kinds(report) == {Accepted: 300}
    assert report.batch_sizes[:2] == [1, 100]
    assert report.calls == 4


@pytest.mark.parametrize("workers", [1, WORKERS])
def test_an_outage_that_begins_midway_is_forgotten_too(workers: int) -> None:
    portal, now = InProcessPortal(), [0.0]
    dispatcher = new_dispatcher(portal, workers=workers, clock=lambda: now[0])
    portal.break_down(reply=lambda _: HUNG_UP if len(portal.calls) >= 2 else None)
    for _ in range(4):
        now[0] += HOUR
        dispatcher.dispatch(notices(1000), deadline())
    portal.fix()
    now[0] += HOUR

    report = dispatcher.dispatch(notices(1000), deadline())

    assert report.calls <= 11


@pytest.mark.parametrize("answer", [HUNG_UP, FAILED], ids=["none", "500"])
def test_the_limit_of_one_organisation_costs_others_no_call(answer: Answer) -> None:
    portal = InProcessPortal(organisations=("slow", "quick"))
    days = Simulation(portal)

    def slow(request: object) -> Answer | None:
        return answer if org_id(request) == "slow" and len(message_ids(request)) > 50 else None  # type: ignore[arg-type]

    portal.break_down(reply=slow)
    for number in range(300):
        days.put(f"slow-{number}", message(f"n-{number}"), org="slow")
        days.put(f"quick-{number}", message(f"n-{number}"), org="quick")

    days.run(5 * MINUTE)

    assert len(portal.content) == 600
    assert len(portal.batches("slow")) <= 12
    assert len(portal.batches("quick")) <= 4


@pytest.mark.parametrize("position", range(0, 100, 7))
def test_one_notice_on_which_the_portal_fails_is_found_at_once_and_makes_no_batch_smaller(
    position: int,
) -> None:
    portal = InProcessPortal(organisations=("o-1", "other"))
    poison = f"n-{position}"
    portal.break_down(
        reply=lambda call: FAILED if org_id(call) == "o-1" and poison in message_ids(call) else None
    )
    dispatcher = new_dispatcher(portal, workers=1)

    report = dispatcher.dispatch([*notices(100), *notices(300, org="other")], deadline())

    assert [one.message_id for one, end in report.outcomes.items() if end != Accepted()] == [poison]
    assert len(portal.batches("other")) <= 4
    assert len(portal.batches("o-1")) <= 15
    portal.fix()
    assert dispatcher.dispatch(notices(300), deadline()).batch_sizes == [100, 100, 100]


@pytest.mark.parametrize("delay", [0, 0.02])
@pytest.mark.parametrize("position", [0, 42, 199, 1999])
def test_one_notice_on_which_the_portal_fails_makes_no_batch_beside_it_smaller(
    position: int, delay: float
) -> None:
    """With a delay four batches are on their way when the first of them fails."""
    portal = InProcessPortal(fails_on={f"n-{position}"})
    portal.break_down(delay=delay)

    report = dispatch(notices(2000), portal, workers=WORKERS)

    assert kinds(report)[Accepted] == 1999
    assert len(portal.calls) <= 20 + 15


def test_a_notice_too_large_by_itself_is_rejected_and_its_company_is_not() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=lambda request: TOO_LARGE if "n-42" in message_ids(request) else None)

    report = dispatch(notices(300), portal)

    assert report.outcomes[notice(42)].code == "413"  # type: ignore[union-attr]
    assert kinds(report)[Accepted] == 299


def test_a_notice_that_gets_no_answer_waits_while_others_are_taken() -> None:
    portal = InProcessPortal()
    portal.break_down(reply=lambda request: HUNG_UP if "n-42" in message_ids(request) else None)
    days = Simulation(portal)
    days.put("r-1", *(message(f"n-{number}") for number in range(100)))
    days.put("r-2", *(message(f"m-{number}") for number in range(100)))

    days.run(3 * HOUR)

    assert len(portal.content) == 199
    assert (list(days.queue), days.dead) == (["r-1"], [])


def learned(*, taken: int, size: int = 50) -> BatchLimits:
    limits = BatchLimits()
    limits.failed("o-1", 2 * size)
    for _ in range(taken):
        limits.taken("o-1", size)
    return limits


@pytest.mark.parametrize(("taken", "size"), [(0, 50), (FIRST_PATIENCE - 1, 50), (FIRST_PATIENCE, 63)])
def test_after_some_full_batches_one_larger_one_is_tried(taken: int, size: int) -> None:
    limits = learned(taken=taken)

    assert [limits.next_size("o-1"), limits.next_size("o-1")] == [size, 50]


def test_a_larger_batch_that_fails_is_tried_again_later_and_later() -> None:
    limits, tries = learned(taken=0), list[int]()

    for number in range(100):
        if (size := limits.next_size("o-1")) > 50:
            limits.failed("o-1", size)
            tries.append(number)
        else:
            limits.taken("o-1", size)

    assert tries == [8, 25, 58]
    assert limits.size("o-1") == 50


def test_a_batch_that_is_not_full_shows_nothing_of_the_limit() -> None:
    limits = learned(taken=0)
    for _ in range(100):
        limits.taken("o-1", 49)

    assert limits.next_size("o-1") == 50


@pytest.mark.parametrize("learn", [BatchLimits.forget])
def test_what_was_learned_in_an_outage_is_forgotten(learn: Callable[[BatchLimits, str], None]) -> None:
    limits = learned(taken=2)
    limits.begin()
    limits.failed("o-1", 50)
    limits.begin()
    limits.failed("o-1", 25)

    learn(limits, "o-1")

    assert limits.size("o-1") == 50
