"""A refused batch is searched until each culprit has stood alone, in few calls."""

from math import ceil, log2

import pytest

from notice.outcomes import Accepted, Deferred, Rejected
from tests.outbound import (
    BATCH_LIMIT,
    DOWN,
    FakePortal,
    dispatch,
    kinds,
    names_of,
    notice,
    notices,
)


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
