"""A refused batch is searched until each poison notice has stood alone, in few calls."""

from collections.abc import Collection
from itertools import chain, combinations
from math import ceil, log2
from random import Random
from statistics import mean

import pytest

from notice.dispatch.batches import Batch
from notice.dispatch.bisect import bisect
from notice.outcomes import Accepted, Deferred, Rejected
from tests.support.in_process_portal import UNAVAILABLE, InProcessPortal, as_the_rules_say
from tests.support.outbound import BATCH_LIMIT, dispatch, kinds, names_of, notice, notices


def searched(count: int, poison: Collection[int]) -> list[tuple[list[int], bool]]:
    """The questions of a search among `count` notices, by their numbers, and whether each was accepted."""
    given = notices(count)
    asked: list[tuple[list[int], bool]] = []

    def accepts(part: Batch) -> bool:
        numbers = [given.index(one) for one in part]
        asked.append((numbers, not set(poison) & set(numbers)))
        return asked[-1][1]

    bisect(given, accepts, lambda: None)
    return asked


def calls(count: int, poison: Collection[int]) -> int:
    """How many calls it takes, the one that refused the batch included."""
    return 1 + len(searched(count, poison))


def side_by_side(k: int) -> list[range]:
    """The places of k poison notices side by side in a full batch."""
    return [range(start, start + k) for start in range(BATCH_LIMIT - k + 1)]


@pytest.mark.parametrize("count", range(2, 11))
def test_every_poison_notice_stands_alone_and_every_other_is_accepted_once(count: int) -> None:
    places = chain.from_iterable(combinations(range(count), k) for k in range(1, count + 1))
    for poison in places:
        asked = searched(count, poison)

        accepted = [number for part, taken in asked if taken for number in part]
        alone = [number for part, taken in asked if not taken and len(part) == 1 for number in part]
        assert sorted(alone) == list(poison)
        assert sorted(accepted + alone) == list(range(count))
        assert all(part == sorted(part) for part, _ in asked)
        k = len(poison)
        assert 1 + len(asked) <= min(1 + 2 * k * (1 + ceil(log2(count / k))), k * (5 + log2(count / k)))


@pytest.mark.parametrize("position", range(BATCH_LIMIT))
def test_one_poison_notice_is_found_and_the_rest_are_sent(position: int) -> None:
    portal = InProcessPortal(refuses={f"n-{position}"})

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert names_of(report, Rejected) == {f"n-{position}"}
    assert kinds(report)[Accepted] == BATCH_LIMIT - 1 == len(portal.content)
    assert report.calls <= 11


def test_one_poison_notice_costs_fewer_than_ten_calls_on_average() -> None:
    assert sum(calls(BATCH_LIMIT, [position]) for position in range(BATCH_LIMIT)) == 956


@pytest.mark.parametrize(
    ("k", "most"), [(2, 16.7), (3, 23.3), (5, 35.6), (10, 59.9), (20, 96.9), (50, 140.9)]
)
def test_several_poison_notices_here_and_there_cost_few_calls_on_average(k: int, most: float) -> None:
    chance = Random(k)  # noqa: S311

    each = [calls(BATCH_LIMIT, chance.sample(range(BATCH_LIMIT), k)) for _ in range(200)]

    assert mean(each) <= most


@pytest.mark.parametrize(
    ("k", "most", "worst"), [(2, 15.3, 18), (5, 18.9, 22), (10, 28.1, 31), (30, 53, 56), (50, 73.2, 75)]
)
def test_poison_notices_side_by_side_cost_fewer_calls_than_others(k: int, most: float, worst: int) -> None:
    each = [calls(BATCH_LIMIT, poison) for poison in side_by_side(k)]

    assert mean(each) <= most
    assert max(each) <= worst


@pytest.mark.parametrize(
    ("poison", "worst"),
    [
        ([97], 11),
        ([54, 97], 20),
        ([2, 57, 73, 75, 97], 45),
        ([2, 17, 25, 47, 54, 65, 80, 81, 84, 97], 78),
        (range(BATCH_LIMIT), 121),
    ],
)
def test_poison_notices_at_the_hardest_places_are_found_within_the_bound(
    poison: Collection[int], worst: int
) -> None:
    """Wherever else in a batch so many are, they cost no more."""
    assert calls(BATCH_LIMIT, poison) <= worst <= len(poison) * (5 + log2(BATCH_LIMIT / len(poison)))


@pytest.mark.parametrize("position", [0, 57, 99])
def test_the_reason_of_a_poison_notice_is_the_portals_word_about_it_alone(position: int) -> None:
    portal = InProcessPortal(refuses={f"n-{position}"})

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert [f"n-{position}"] in portal.batches()
    assert report.outcomes[notice(position)] == Rejected("400", f"parameter.invalid: n-{position}: refused")


@pytest.mark.parametrize("step", [1, 3, 7, 33])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 10, 20])
def test_k_poison_notices_are_found_within_the_bound(k: int, step: int) -> None:
    poison = {f"n-{position * step % BATCH_LIMIT}" for position in range(k)}
    portal = InProcessPortal(refuses=poison)

    report = dispatch(notices(BATCH_LIMIT), portal)

    k = len(poison)
    assert names_of(report, Rejected) == poison
    assert kinds(report)[Accepted] == BATCH_LIMIT - k
    assert report.calls <= k * (5 + log2(BATCH_LIMIT / k))


@pytest.mark.parametrize("k", [5, 30, 60, 95])
def test_poison_notices_side_by_side_do_not_put_their_organisation_in_quarantine(k: int) -> None:
    for place in side_by_side(k):
        poison = {f"n-{position}" for position in place}

        report = dispatch(notices(BATCH_LIMIT), InProcessPortal(refuses=poison))

        assert names_of(report, Rejected) == poison
        assert not report.faults


def test_a_refused_half_is_not_asked_about_when_the_other_half_was_accepted() -> None:
    portal = InProcessPortal(refuses={"n-0"})

    report = dispatch(notices(4), portal)

    assert portal.sizes == [4, 2, 1, 1]  # 4 and the implied 2 are halved, the first 2 are never sent.
    assert report.halvings == 2


def test_what_is_set_aside_on_the_way_to_a_poison_notice_is_handed_over_together() -> None:
    portal = InProcessPortal(refuses={"n-6"})

    report = dispatch(notices(8), portal)

    assert portal.batches()[1:] == [
        ["n-4", "n-5", "n-6", "n-7"],
        ["n-6", "n-7"],
        ["n-7"],
        ["n-6"],
        ["n-0", "n-1", "n-2", "n-3"],
        ["n-4", "n-5"],
    ]
    assert report.halvings == 3


def test_a_search_that_takes_too_many_calls_leaves_the_rest_for_later() -> None:
    portal = InProcessPortal(refuses={"n-0", "n-99"})

    report = dispatch(notices(BATCH_LIMIT), portal, search_calls=6)

    assert report.calls == 1 + 6
    assert kinds(report)[Deferred]
    assert kinds(report).total() == BATCH_LIMIT
    assert all(
        one.message_id in portal.accepted(one.org_id)
        for one, outcome in report.outcomes.items()
        if outcome == Accepted()
    )


def test_an_outage_in_the_middle_of_a_search_keeps_what_is_decided() -> None:
    portal = InProcessPortal(refuses={"n-0"})
    portal.replies += [as_the_rules_say, as_the_rules_say, UNAVAILABLE]

    report = dispatch(notices(BATCH_LIMIT), portal)

    assert len(portal.calls) == 3
    assert kinds(report) == {Accepted: 50, Deferred: 50}
