"""A refused batch is searched until each culprit has stood alone, in few calls."""

from collections.abc import Collection
from itertools import chain, combinations
from math import ceil, log2
from random import Random
from statistics import mean

import pytest

from notice.dispatch.batches import Batch
from notice.dispatch.bisect import bisect
from notice.outcomes import Accepted, Deferred, Rejected
from tests.support.outbound import (
    BATCH_LIMIT,
    DOWN,
    FakePortal,
    dispatch,
    kinds,
    names_of,
    notice,
    notices,
)


def searched(count: int, culprits: Collection[int]) -> list[tuple[list[int], bool]]:
    """The questions of a search among `count` notices, by their numbers, and whether each was accepted."""
    given = notices(count)
    asked: list[tuple[list[int], bool]] = []

    def accepts(part: Batch) -> bool:
        numbers = [given.index(one) for one in part]
        asked.append((numbers, not set(culprits) & set(numbers)))
        return asked[-1][1]

    bisect(given, accepts, lambda: None)
    return asked


def calls(count: int, culprits: Collection[int]) -> int:
    """How many calls it takes, the one that refused the batch included."""
    return 1 + len(searched(count, culprits))


def side_by_side(k: int) -> list[range]:
    """The places of k culprits side by side in a full batch."""
    return [range(start, start + k) for start in range(BATCH_LIMIT - k + 1)]


@pytest.mark.parametrize("count", range(2, 11))
def test_every_culprit_stands_alone_and_every_other_is_accepted_once(count: int) -> None:
    places = chain.from_iterable(combinations(range(count), k) for k in range(1, count + 1))
    for culprits in places:
        asked = searched(count, culprits)

        accepted = [number for part, taken in asked if taken for number in part]
        alone = [number for part, taken in asked if not taken and len(part) == 1 for number in part]
        assert sorted(alone) == list(culprits)
        assert sorted(accepted + alone) == list(range(count))
        assert all(part == sorted(part) for part, _ in asked)
        k = len(culprits)
        assert 1 + len(asked) <= min(1 + 2 * k * (1 + ceil(log2(count / k))), k * (5 + log2(count / k)))


@pytest.mark.parametrize("culprit", range(BATCH_LIMIT))
def test_one_bad_notice_is_found_and_the_rest_are_sent(culprit: int) -> None:
    portal = FakePortal(bad={f"n-{culprit}"})

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert names_of(report, Rejected) == {f"n-{culprit}"}
    assert kinds(report)[Accepted] == BATCH_LIMIT - 1 == len(portal.content)
    assert report.calls <= 11


def test_one_bad_notice_costs_fewer_than_ten_calls_on_average() -> None:
    assert sum(calls(BATCH_LIMIT, [culprit]) for culprit in range(BATCH_LIMIT)) == 956


@pytest.mark.parametrize(
    ("k", "most"), [(2, 16.7), (3, 23.3), (5, 35.6), (10, 59.9), (20, 96.9), (50, 140.9)]
)
def test_several_bad_notices_here_and_there_cost_few_calls_on_average(k: int, most: float) -> None:
    chance = Random(k)  # noqa: S311

    each = [calls(BATCH_LIMIT, chance.sample(range(BATCH_LIMIT), k)) for _ in range(200)]

    assert mean(each) <= most


@pytest.mark.parametrize(
    ("k", "most", "worst"), [(2, 15.3, 18), (5, 18.9, 22), (10, 28.1, 31), (30, 53, 56), (50, 73.2, 75)]
)
def test_bad_notices_side_by_side_cost_fewer_calls_than_others(k: int, most: float, worst: int) -> None:
    each = [calls(BATCH_LIMIT, culprits) for culprits in side_by_side(k)]

    assert mean(each) <= most
    assert max(each) <= worst


@pytest.mark.parametrize(
    ("culprits", "worst"),
    [
        ([97], 11),
        ([54, 97], 20),
        ([2, 57, 73, 75, 97], 45),
        ([2, 17, 25, 47, 54, 65, 80, 81, 84, 97], 78),
        (range(BATCH_LIMIT), 121),
    ],
)
def test_bad_notices_at_the_hardest_places_are_found_within_the_bound(
    culprits: Collection[int], worst: int
) -> None:
    """Wherever else in a batch so many are, they cost no more."""
    assert calls(BATCH_LIMIT, culprits) <= worst <= len(culprits) * (5 + log2(BATCH_LIMIT / len(culprits)))


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
    assert report.calls <= k * (5 + log2(BATCH_LIMIT / k))


@pytest.mark.parametrize("k", [5, 30, 60, 95])
def test_culprits_side_by_side_do_not_put_the_good_ones_in_doubt(k: int) -> None:
    for place in side_by_side(k):
        culprits = {f"n-{position}" for position in place}

        report = dispatch(notices(BATCH_LIMIT), FakePortal(bad=culprits))

        assert names_of(report, Rejected) == culprits
        assert not report.faults


def test_a_refused_half_is_not_asked_about_when_the_other_half_was_accepted() -> None:
    portal = FakePortal(bad={"n-0"})

    report = dispatch(notices(4), portal)

    assert portal.sizes == [4, 2, 1, 1]  # 4 and the implied 2 are halved, the first 2 are never sent.
    assert report.halvings == 2


def test_what_is_set_aside_on_the_way_to_a_culprit_is_handed_over_together() -> None:
    portal = FakePortal(bad={"n-6"})

    report = dispatch(notices(8), portal)

    assert [names for _, names in portal.calls[1:]] == [
        ["n-4", "n-5", "n-6", "n-7"],
        ["n-6", "n-7"],
        ["n-7"],
        ["n-6"],
        ["n-0", "n-1", "n-2", "n-3"],
        ["n-4", "n-5"],
    ]
    assert report.halvings == 3


def test_a_search_that_takes_too_many_calls_leaves_the_rest_for_later() -> None:
    portal = FakePortal(bad={"n-0", "n-99"})

    report = dispatch(notices(BATCH_LIMIT), portal, search_calls=6)

    assert report.calls == 1 + 6
    assert kinds(report)[Deferred]
    assert kinds(report).total() == BATCH_LIMIT
    assert all(portal.has(one) for one, outcome in report.outcomes.items() if outcome == Accepted())


def test_an_outage_in_the_middle_of_a_search_keeps_what_is_decided() -> None:
    portal = FakePortal(bad={"n-0"})

    def fail_at_the_third(_org: str, _names: list[str]) -> None:
        portal.error = DOWN if len(portal.calls) == 3 else None

    portal.meddle = fail_at_the_third

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert len(portal.calls) == 3
    assert kinds(report) == {Accepted: 50, Deferred: 50}
