"""Good notices travel in full batches, one messageId at a time, and no longer than there is time."""

from collections import Counter
from collections.abc import Iterator
from threading import Event
from threading import enumerate as enumerate_threads

import pytest

from notice.deadline import START_SECONDS, Deadline, run_parallel
from notice.dispatch.batches import EARLIER_WAITS
from notice.dispatch.dispatcher import WORKERS
from notice.dispatch.gate import OUT_OF_TIME
from notice.dispatch.ledger import Ledger, Report
from notice.outcomes import Accepted, Deferred, Rejected
from notice.queue.records import QueuedNotice
from sandbox.vendors.loopback import Request
from tests.support.in_process_portal import InProcessPortal, raising, refusal
from tests.support.outbound import (
    BATCH_LIMIT,
    deadline,
    dispatch,
    kinds,
    new_dispatcher,
    notice,
    notices,
)


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (10_000, 100)])
def test_good_notices_are_sent_in_full_batches(count: int, calls: int) -> None:
    portal = InProcessPortal()

    report = dispatch(notices(count), portal, workers=WORKERS)

    assert kinds(report)[Accepted] == count == len(portal.content)
    assert report.calls == len(portal.calls) == calls
    assert sum(report.batch_sizes) == count


def test_a_full_batch_is_on_its_way_while_others_are_read() -> None:
    portal, called = InProcessPortal(), Event()
    portal.break_down(reply=lambda _: called.set())

    def arriving() -> Iterator[QueuedNotice]:
        yield from notices(BATCH_LIMIT)
        assert called.wait(20)
        yield notice(BATCH_LIMIT)

    dispatch(arriving(), portal)

    assert portal.sizes == [BATCH_LIMIT, 1]


def test_organisations_never_share_a_batch() -> None:
    portal = InProcessPortal(organisations=("a", "b"))

    dispatch([*notices(3, org="a"), *notices(2, org="b")], portal)

    assert Counter(call.org_id for call in portal.calls) == {"a": 1, "b": 1}


def test_equal_copies_are_sent_once_and_share_the_outcome() -> None:
    portal = InProcessPortal(refuses={"n-2"})

    report = dispatch([notice(1, receives=2), notice(1), notice(2), notice(2)], portal)

    assert report.outcomes[notice(1)] == Accepted()
    assert isinstance(report.outcomes[notice(2)], Rejected)
    assert sorted(portal.sizes) == [1, 1]


def test_different_notices_of_one_id_are_sent_in_turn() -> None:
    portal = InProcessPortal()

    report = dispatch([notice(1, text="a"), notice(2), notice(1, text="b")], portal, workers=WORKERS)

    assert portal.batches() == [["n-1", "n-2"], ["n-1"]]
    assert portal.content["o-1", "n-1"]["header"]["defaultValue"] == "a"
    assert kinds(report) == {Accepted: 3}


def test_many_notices_of_one_id_are_each_sent_once_in_the_order_they_came() -> None:
    portal = InProcessPortal()
    given = [notice(1, text=text) for text in "abacbb"]

    report = dispatch([*given, notice(2)], portal, workers=WORKERS)

    assert portal.batches() == [["n-1", "n-2"], ["n-1"], ["n-1"]]
    assert [one["header"]["defaultValue"] for one in portal.came["o-1", "n-1"]] == ["a", "b", "c"]
    assert kinds(report) == {Accepted: 4}


def test_a_notice_waits_for_an_undecided_one_of_the_same_id() -> None:
    portal = InProcessPortal(refuses={"n-2"})
    given = [notice(1, text="a"), notice(2), notice(1, text="b")]

    report = dispatch(given, portal, search_calls=0)

    assert portal.sizes == [2]
    assert report.outcomes[given[2]] == EARLIER_WAITS


def test_a_notice_takes_the_place_of_a_rejected_one_of_the_same_id() -> None:
    portal = InProcessPortal()
    portal.replies.append(refusal("no more than that"))

    report = dispatch([notice(1, text="a"), notice(1, text="b")], portal)

    assert report.outcomes[notice(1, text="a")] == Rejected("400", "no more than that")
    assert report.outcomes[notice(1, text="b")] == Accepted()


def test_one_id_in_two_organisations_is_two_notices() -> None:
    portal = InProcessPortal(organisations=("a", "b"))

    report = dispatch([notice(1, org="a"), notice(1, org="b")], portal)

    assert kinds(report) == {Accepted: 2}
    assert set(portal.content) == {("a", "n-1"), ("b", "n-1")}


@pytest.mark.parametrize("left", [0.0, 3.0, START_SECONDS - 0.01])
def test_no_call_is_started_that_cannot_be_finished(left: float) -> None:
    portal = InProcessPortal()

    report = new_dispatcher(portal).dispatch(notices(500), Deadline(left, lambda: 0.0))

    assert portal.calls == []
    assert set(report.outcomes.values()) == {OUT_OF_TIME}


def test_when_time_runs_out_what_is_known_is_kept() -> None:
    portal, now = InProcessPortal(), [0.0]

    def take_ten_seconds(_: Request) -> None:
        now[0] += 10

    portal.break_down(reply=take_ten_seconds)

    report = new_dispatcher(portal, workers=1).dispatch(notices(1000), Deadline(50, lambda: now[0]))

    assert len(portal.calls) == 5
    assert kinds(report) == {Accepted: 500, Deferred: 500}


def test_an_answer_that_comes_after_the_end_does_not_change_an_outcome() -> None:
    ledger = Ledger()
    report = ledger.close()

    ledger.call([notice(1)], first=True)
    ledger.halve()
    ledger.accept([notice(1)])
    ledger.settle([notice(1)], Rejected("400", ""))
    ledger.outage("500")
    ledger.fault("o-1", "403")

    assert report == Report()
    assert ledger.known_good == {}


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


def test_items_are_made_when_they_are_about_to_be_called_and_not_long_before() -> None:
    done: list[int] = []
    ahead = []

    def items() -> Iterator[int]:
        for number in range(50):
            ahead.append(number - len(done))
            yield number

    run_parallel(done.append, items(), workers=3, deadline=deadline())

    assert sorted(done) == list(range(50))
    assert max(ahead) <= 5


@pytest.mark.parametrize("left", [0.0, START_SECONDS])
def test_when_no_call_can_be_begun_any_more_all_items_are_made_at_once(left: float) -> None:
    """What is to become of a notice is said of each: all have to be read in time."""
    made, released = [], Event()

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number
        released.set()

    run_parallel(lambda _: released.wait(20), items(), workers=1, deadline=deadline(left))

    assert len(made) == 50


def test_when_items_fail_to_come_no_further_call_is_begun() -> None:
    started, released, called = Event(), Event(), list[str]()

    def call(name: str) -> None:
        called.append(name)
        started.set()
        released.wait(20)

    def items() -> Iterator[str]:
        yield from ("first", "second")
        assert started.wait(20)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_parallel(call, items(), workers=1, deadline=deadline())
    left = {one for one in enumerate_threads() if one.name.startswith("ThreadPoolExecutor")}
    released.set()
    for thread in left:
        thread.join(20)

    assert called == ["first"]


def test_a_mistake_in_our_own_code_is_not_an_outcome() -> None:
    portal = InProcessPortal()
    portal.replies.append(raising(ZeroDivisionError("ours")))

    with pytest.raises(ZeroDivisionError):
        dispatch(notices(3), portal)
