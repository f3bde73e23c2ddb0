"""What the portal does to batches, and what each notice becomes: culprits, suspects, outages."""

import itertools
from math import ceil, log2
from threading import Event

import pytest

from notice.answers import ProduceNotAllowed, ProduceRefused, ProduceUnavailable
from notice.circuit_breaker import Doubts
from notice.deadline import Deadline, run_parallel
from notice.dispatch import WORKERS, Dispatcher
from notice.outcomes import Accepted, Deferred, Rejected
from notice.progress import START_SECONDS, Progress
from tests.outbound import (
    BATCH_LIMIT,
    BROKEN,
    DOWN,
    INVALID,
    FakePortal,
    deadline,
    dispatch,
    grouped,
    kinds,
    names_of,
    notice,
    notices,
)


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (10_000, 100)])
def test_good_notices_are_sent_in_full_batches(count: int, calls: int) -> None:
    portal = FakePortal()

    report = dispatch(notices(count), portal, workers=WORKERS)

    assert kinds(report)[Accepted] == count == len(portal.content)
    assert report.calls == len(portal.calls) == calls
    assert sum(report.batch_sizes) == count


def test_organisations_never_share_a_batch() -> None:
    portal = FakePortal()

    dispatch([*notices(3, org="a"), *notices(2, org="b")], portal)

    assert {org: len(calls) for org, calls in grouped(portal).items()} == {"a": 1, "b": 1}


# -- culprits


@pytest.mark.parametrize("culprit", range(BATCH_LIMIT))
def test_one_bad_notice_is_found_and_the_rest_are_sent(culprit: int) -> None:
    portal = FakePortal(bad={f"n-{culprit}"})

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert names_of(report, Rejected) == {f"n-{culprit}"}
    assert kinds(report)[Accepted] == BATCH_LIMIT - 1 == len(portal.content)
    assert report.calls <= 15


def test_one_bad_notice_costs_twelve_calls_on_average() -> None:
    portals = [FakePortal(bad={f"n-{culprit}"}) for culprit in range(BATCH_LIMIT)]

    calls = [dispatch(notices(BATCH_LIMIT), portal).calls for portal in portals]

    assert sum(calls) / len(calls) <= 12


@pytest.mark.parametrize("culprit", [0, 57, 99])
def test_the_reason_of_a_culprit_is_the_portals_word_about_it_alone(culprit: int) -> None:
    portal = FakePortal(bad={f"n-{culprit}"})

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert ("o-1", [f"n-{culprit}"]) in portal.calls
    assert report.outcomes[notice(culprit)] == Rejected("400", f"parameter.invalid n-{culprit}")


@pytest.mark.parametrize("step", [1, 3, 7, 33])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 10, 20])
def test_k_culprits_are_found_within_the_bound(k: int, step: int) -> None:
    culprits = {f"n-{position * step % BATCH_LIMIT}" for position in range(k)}
    portal = FakePortal(bad=culprits)

    report = dispatch(notices(BATCH_LIMIT), portal)

    k = len(culprits)
    assert names_of(report, Rejected) == culprits
    assert kinds(report)[Accepted] == BATCH_LIMIT - k
    assert report.calls <= 1 + 2 * k * (1 + ceil(log2(BATCH_LIMIT / k)))


def test_culprits_side_by_side_do_not_put_the_good_ones_in_doubt() -> None:
    culprits = {f"n-{position}" for position in range(30)}

    report = dispatch(notices(BATCH_LIMIT), FakePortal(bad=culprits))

    assert names_of(report, Rejected) == culprits
    assert not report.faults


def test_a_refused_half_is_not_asked_about_when_the_other_half_was_accepted() -> None:
    portal = FakePortal(bad={"n-3"})

    dispatch(notices(4), portal)

    assert portal.sizes == [4, 2, 1, 1]  # 4 and the implied 2 are halved, the second 2 is never sent.


def test_a_search_that_takes_too_many_calls_leaves_the_rest_for_later() -> None:
    portal = FakePortal(bad={"n-0", "n-99"})

    report = dispatch(notices(BATCH_LIMIT), portal, search_calls=6)

    assert report.calls == 1 + 6
    assert kinds(report)[Deferred]
    assert kinds(report).total() == BATCH_LIMIT
    assert all(portal.has(one) for one, outcome in report.outcomes.items() if outcome == Accepted())


def test_an_outage_in_the_middle_of_a_search_keeps_what_is_decided() -> None:
    portal = FakePortal(bad={"n-99"})

    def fail_at_the_third(_org: str, _names: list[str]) -> None:
        portal.error = DOWN if len(portal.calls) == 3 else None

    portal.meddle = fail_at_the_third

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert len(portal.calls) == 3
    assert kinds(report) == {Accepted: 50, Deferred: 50}


# -- unavailable


@pytest.mark.parametrize("error", [DOWN, BROKEN])
def test_an_outage_costs_returning_notices_one_call_and_no_halving(error: ProduceUnavailable) -> None:
    portal = FakePortal()
    portal.error = error

    report = dispatch(notices(10_000, receives=5), portal, workers=WORKERS)

    assert kinds(report) == {Deferred: 10_000}
    assert len(portal.calls) == 1
    assert report.halvings == 0
    assert report.outages == {error.code: 1}


def test_an_outage_costs_fresh_notices_one_call_per_thread() -> None:
    portal = FakePortal()
    portal.error = DOWN

    report = dispatch(notices(10_000), portal, workers=WORKERS)

    assert kinds(report) == {Deferred: 10_000}
    assert len(portal.calls) <= WORKERS


def test_after_an_outage_the_backlog_drains_at_full_speed() -> None:
    portal = FakePortal()

    report = dispatch(notices(10_000, receives=150), portal, workers=WORKERS)

    assert kinds(report) == {Accepted: 10_000}
    assert portal.sizes[:7] == [1, 2, 4, 8, 16, 32, 64]
    assert len(portal.calls) <= 100 + 7


def test_a_portal_that_asks_for_patience_is_not_called_again_before_that() -> None:
    portal, now = FakePortal(), [0.0]
    portal.error = ProduceUnavailable("429", retry_after=60)
    dispatcher = Dispatcher(portal, clock=lambda: now[0])

    first = dispatcher.dispatch([notice(1)], deadline())
    portal.error = None
    now[0] += 59
    second = dispatcher.dispatch([notice(2)], deadline())
    now[0] += 1.1
    third = dispatcher.dispatch([notice(3)], deadline())

    assert first.outcomes[notice(1)] == Deferred("unavailable: 429", 60)
    assert second.calls == 0
    assert second.outcomes[notice(2)] == Deferred("the portal is left alone for a while", 1.0)
    assert kinds(third) == {Accepted: 1}


def test_a_portal_that_stays_silent_is_called_ever_less_often() -> None:
    portal, now = FakePortal(), [0.0]
    portal.error = DOWN
    dispatcher = Dispatcher(portal, clock=lambda: now[0])
    calls: list[float] = []

    while now[0] < 3600:
        before = len(portal.calls)
        dispatcher.dispatch([notice(1, receives=9)], deadline())
        calls += [now[0]] * (len(portal.calls) - before)
        now[0] += 5

    assert calls[:7] == [0, 5, 20, 50, 110, 230, 470]
    assert {later - sooner for sooner, later in itertools.pairwise(calls)} <= {5, 15, 30, 60, 120, 240, 300}


def test_a_portal_that_works_again_is_not_left_alone_after_its_next_failure() -> None:
    portal, now = FakePortal(), [0.0]
    dispatcher = Dispatcher(portal, clock=lambda: now[0])
    for error in (DOWN, DOWN, DOWN, None, DOWN):
        portal.error = error
        now[0] += 1000
        dispatcher.dispatch([notice(1)], deadline())

    portal.error = None

    assert kinds(dispatcher.dispatch([notice(1)], deadline())) == {Accepted: 1}


def test_a_portal_that_turns_the_key_down_is_called_ever_less_often_too() -> None:
    portal, now = FakePortal(), [0.0]
    portal.error = ProduceNotAllowed("401")
    dispatcher = Dispatcher(portal, clock=lambda: now[0])

    while now[0] < 3600:
        dispatcher.dispatch([notice(1)], deadline())
        now[0] += 10

    assert len(portal.calls) <= 18


@pytest.mark.parametrize("code", ["429", "500"])
@pytest.mark.parametrize("wait", [None, 1.0])
def test_a_portal_that_asks_for_patience_midway_gets_it_at_once(code: str, wait: float | None) -> None:
    portal = FakePortal()

    def tire(_org: str, _names: list[str]) -> None:
        tired = ProduceUnavailable(code, retry_after=wait, answered=code == "500" and wait is not None)
        portal.error = tired if len(portal.calls) == 3 else None

    portal.meddle = tire

    report = dispatch(notices(100, receives=9), portal)

    assert portal.sizes == [1, 2, 4]
    assert kinds(report) == {Accepted: 3, Deferred: 97}


def test_a_rate_limit_without_a_time_stops_this_invocation_only() -> None:
    portal = FakePortal()
    portal.error = ProduceUnavailable("429")
    dispatcher = Dispatcher(portal, workers=1)

    assert dispatcher.dispatch(notices(1000), deadline()).calls == 1
    portal.error = None
    assert dispatcher.dispatch(notices(1000), deadline()).calls == 10


def test_a_notice_that_was_taken_but_not_answered_is_sent_again_and_told_once() -> None:
    portal = FakePortal()

    def take_and_cut(org: str, names: list[str]) -> None:
        portal.take(org, [{"messageId": name, "targets": ["u-1"]} for name in names])
        raise ProduceUnavailable("ProtocolError")

    portal.meddle = take_and_cut
    first = dispatch([notice(1)], portal)
    portal.meddle = lambda org, names: None
    second = dispatch([notice(1, receives=2)], portal)

    assert kinds(first) == {Deferred: 1}
    assert kinds(second) == {Accepted: 1}
    assert portal.told == {("o-1", "n-1", "u-1"): 1}


def test_after_a_rate_limit_notices_travel_in_full_batches_again() -> None:
    portal, hours = FakePortal(), itertools.count(step=3600)
    dispatcher = Dispatcher(portal, workers=1, clock=lambda: next(hours))
    portal.error = ProduceUnavailable("429")
    dispatcher.dispatch(notices(300, receives=9), deadline())
    portal.error = None

    dispatcher.dispatch(notices(300, receives=10), deadline())

    assert portal.sizes == [1, 100, 100, 100]


def test_after_a_rate_limit_that_lasts_there_is_one_probe() -> None:
    portal, hours = FakePortal(), itertools.count(step=3600)
    dispatcher = Dispatcher(portal, clock=lambda: next(hours))
    portal.error = ProduceUnavailable("429")
    portal.meddle = lambda org, names: Event().wait(0.05)  # Long enough for other threads to call too.

    for receives in (9, 10, 11):
        dispatcher.dispatch(notices(1000, receives=receives), deadline())

    assert portal.sizes == [1, 100, 100]


# -- not allowed


def test_a_refused_key_defers_everything_with_one_call() -> None:
    portal = FakePortal()
    portal.error = ProduceNotAllowed("401")

    report = dispatch([*notices(10_000, org="a"), *notices(10, org="b")], portal)

    assert kinds(report) == {Deferred: 10_010}
    assert len(portal.calls) == 1
    assert report.faults == {("", "401"): 1}


def test_an_organisation_without_the_application_does_not_stop_the_others() -> None:
    portal = FakePortal()

    def forbid(org: str, _names: list[str]) -> None:
        portal.error = ProduceNotAllowed("403", everywhere=False) if org == "a" else None

    portal.meddle = forbid

    report = dispatch([*notices(300, org="a"), *notices(300, org="b")], portal)

    assert {one.org_id: type(outcome) for one, outcome in report.outcomes.items()} == {
        "a": Deferred,
        "b": Accepted,
    }
    assert len(grouped(portal)["a"]) == 1
    assert report.faults == {("a", "403"): 1}


# -- suspects


@pytest.mark.parametrize(
    ("receives", "size"), [(1, 100), (2, 50), (3, 25), (4, 12), (5, 6), (6, 3), (7, 1), (99, 1)]
)
def test_the_more_often_notices_were_received_the_smaller_their_first_batch(receives: int, size: int) -> None:
    portal = FakePortal()
    portal.error = DOWN

    dispatch(notices(100, receives=receives), portal)

    assert portal.sizes == [size]


@pytest.mark.parametrize("culprit", [0, 42, 99])
def test_a_notice_that_breaks_the_portal_does_not_hold_up_the_others(culprit: int) -> None:
    portal = FakePortal(breaking={f"n-{culprit}"})
    dispatcher = Dispatcher(portal, workers=1)

    for receives in range(1, 6):
        dispatcher.dispatch(notices(BATCH_LIMIT, receives=receives), deadline())

    assert len(portal.content) == BATCH_LIMIT - 1


@pytest.mark.parametrize("count", [2, 3, 100])
def test_a_notice_that_breaks_a_working_portal_ends_rejected(count: int) -> None:
    hours = itertools.count(step=3600)
    dispatcher = Dispatcher(FakePortal(breaking={"n-1"}), workers=1, clock=lambda: next(hours))

    ends = [
        dispatcher.dispatch(notices(count, receives=receives), deadline()).outcomes[notice(1)]
        for receives in range(1, 15)
    ]

    assert all(isinstance(end, Deferred) for end in ends[:7])
    assert Rejected("500", "broken") in ends


def test_a_notice_on_which_a_broken_portal_fails_is_never_rejected() -> None:
    portal = FakePortal()
    portal.error = BROKEN

    for receives in range(1, 200):
        assert kinds(dispatch([notice(1, receives=receives), notice(2, receives=receives)], portal)) == {
            Deferred: 2
        }


def test_a_portal_that_fails_every_other_time_gets_nothing_rejected() -> None:
    portal = FakePortal()

    def flap(_org: str, _names: list[str]) -> None:
        portal.error = BROKEN if len(portal.calls) % 2 == 0 else None

    portal.meddle = flap

    report = dispatch(notices(100, receives=50), portal)

    assert kinds(report)[Rejected] == 0
    assert kinds(report)[Accepted] >= 1
    assert len(portal.calls) <= 20


# -- one messageId more than once


def test_equal_copies_are_sent_once_and_share_the_outcome() -> None:
    portal = FakePortal(bad={"n-2"})

    report = dispatch([notice(1), notice(1, receives=2), notice(2), notice(2)], portal)

    assert report.outcomes[notice(1)] == Accepted()
    assert isinstance(report.outcomes[notice(2)], Rejected)
    assert sorted(portal.sizes) == [1, 1]


def test_different_notices_of_one_id_are_sent_in_turn() -> None:
    portal = FakePortal()

    report = dispatch([notice(1, text="a"), notice(2), notice(1, text="b")], portal, workers=WORKERS)

    assert [names for _, names in portal.calls] == [["n-1", "n-2"], ["n-1"]]
    assert portal.content["o-1", "n-1"]["text"] == "a"
    assert kinds(report) == {Accepted: 3}


def test_a_notice_waits_for_an_undecided_one_of_the_same_id() -> None:
    portal = FakePortal(bad={"n-2"})
    given = [notice(1, text="a"), notice(2), notice(1, text="b")]

    report = dispatch(given, portal, search_calls=0)

    assert portal.sizes == [2]
    assert report.outcomes[given[2]] == Deferred("an earlier notice of its messageId waits")


def test_a_notice_takes_the_place_of_a_rejected_one_of_the_same_id() -> None:
    portal = FakePortal()

    def refuse_the_first(_org: str, _names: list[str]) -> None:
        portal.error = ProduceRefused("400") if len(portal.calls) == 1 else None

    portal.meddle = refuse_the_first

    report = dispatch([notice(1, text="a"), notice(1, text="b")], portal)

    assert report.outcomes[notice(1, text="a")] == Rejected("400", "")
    assert report.outcomes[notice(1, text="b")] == Accepted()


def test_one_id_in_two_organisations_is_two_notices() -> None:
    portal = FakePortal()

    report = dispatch([notice(1, org="a"), notice(1, org="b")], portal)

    assert kinds(report) == {Accepted: 2}
    assert set(portal.content) == {("a", "n-1"), ("b", "n-1")}


# -- time


@pytest.mark.parametrize("left", [0.0, 3.0, START_SECONDS - 0.01])
def test_no_call_is_started_that_cannot_be_finished(left: float) -> None:
    portal = FakePortal()

    report = Dispatcher(portal).dispatch(notices(500), Deadline(left, lambda: 0.0))

    assert portal.calls == []
    assert set(report.outcomes.values()) == {Deferred("no time left")}


def test_when_time_runs_out_what_is_known_is_kept() -> None:
    portal, now = FakePortal(), [0.0]

    def take_ten_seconds(_org: str, _names: list[str]) -> None:
        now[0] += 10

    portal.meddle = take_ten_seconds

    report = Dispatcher(portal, workers=1).dispatch(notices(1000), Deadline(50, lambda: now[0]))

    assert len(portal.calls) == 5
    assert kinds(report) == {Accepted: 500, Deferred: 500}


def test_an_answer_that_comes_after_the_end_does_not_change_an_outcome() -> None:
    progress = Progress(deadline(), Doubts(), search_calls=0)
    report = progress.close([notice(1)])

    progress.accept([notice(1)])
    progress.refuse([notice(1)], INVALID)

    assert report.outcomes == {notice(1): Deferred("no time left")}
    assert progress.hindrance([notice(1)]) == Deferred("no time left")


def test_a_call_that_does_not_end_is_left_behind() -> None:
    released = Event()

    answers = run_parallel(
        lambda name: released.wait(20) if name == "slow" else name,
        ["slow", "quick", "slow", "never started"],
        workers=2,
        deadline=deadline(0),
    )
    released.set()

    assert answers == [None, "quick", None, None]


def test_a_mistake_in_our_own_code_is_not_an_outcome() -> None:
    portal = FakePortal()
    portal.error = ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        dispatch(notices(3), portal)
