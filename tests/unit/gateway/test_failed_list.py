"""The failed list, worked off within a limit and the time."""

from random import SystemRandom

import pytest

from gateway import failed_list
from gateway.client import GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.failed_list import GAP_SECONDS, WorkedOff, spaced
from gateway.rows import failed_callbacks
from relay.api.gateway import RetryFailed
from tests.support.template import RESOURCES


class Calls:
    """Calls that succeed, but for those ids."""

    def __init__(self, **fails: Exception) -> None:
        self.made: list[str] = []
        self._fails = fails

    def __call__(self, failed_id: str) -> None:
        self.made.append(failed_id)
        if failed_id in self._fails:
            raise self._fails[failed_id]


def always() -> bool:
    return True


@pytest.mark.parametrize("many", [0, 1, 99, 100])
def test_up_to_the_limit_each_is_chosen_in_the_lists_order(many: int) -> None:
    ids = [str(number) for number in range(many)]

    assert failed_list.choose(ids, 100, SystemRandom()) == ids


def test_beyond_the_limit_none_is_passed_over_for_ever() -> None:
    ids = [str(number) for number in range(101)]
    random = SystemRandom()

    runs = [failed_list.choose(ids, 10, random) for _ in range(200)]

    assert all(len(set(run)) == 10 for run in runs)
    assert set().union(*runs) == set(ids)


def test_an_id_that_stands_in_the_list_twice_counts_once() -> None:
    rows = failed_callbacks([{"id": 1}, {"id": 2}, {"id": 1}, {"tenantId": 3}])

    assert failed_list.ids(rows) == ["1", "2"]


def test_a_refusal_is_reported_and_the_next_calls_are_made() -> None:
    call = Calls(b=GatewayRefusedError("unknown id", "9999"))

    worked_off = failed_list.work_off("abc", call, always)

    assert worked_off == WorkedOff(("a", "c"), {"b": "unknown id (code 9999)"})


@pytest.mark.parametrize(
    "error", [GatewayUnavailableError("no answer"), GatewayNotAllowedError("bad signature")]
)
def test_what_no_call_would_survive_ends_the_run(error: Exception) -> None:
    call = Calls(b=error)

    worked_off = failed_list.work_off("abc", call, always)

    assert call.made == ["a", "b"]
    assert worked_off == WorkedOff(("a",), stopped=str(error))


def test_no_call_is_started_that_cannot_finish() -> None:
    call, answers = Calls(), iter([True, True, False])

    worked_off = failed_list.work_off("abcd", call, lambda: next(answers))

    assert call.made == ["a", "b"]
    assert worked_off == WorkedOff(("a", "b"), stopped="no time was left")


class Time:
    """Seconds that only waiting, and calls, take."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


def begun(*takes: float) -> list[float]:
    """When calls that take so long began, counted from the first question."""
    time = Time()
    time_for_a_call = spaced(always, clock=lambda: time.now, wait=time.wait)
    begun = []
    for seconds in takes:
        assert time_for_a_call()
        begun.append(time.now - 1000)
        time.now += seconds
    return begun


@pytest.mark.parametrize("calls", [0, 1, 2, 100])
def test_quick_calls_begin_a_gap_apart_and_the_first_at_once(calls: int) -> None:
    assert begun(*[0.01] * calls) == pytest.approx([number * GAP_SECONDS for number in range(calls)])


def test_calls_longer_than_the_gap_follow_each_other_at_once_and_no_time_is_made_up_for() -> None:
    assert begun(2, 2, 0, 0) == pytest.approx([0, 2, 4, 4 + GAP_SECONDS])


def test_no_call_begins_when_there_is_no_time_for_one() -> None:
    assert not spaced(lambda: False)()


def test_the_most_that_one_invocation_takes_fits_its_time() -> None:
    most = RetryFailed.model_json_schema()["properties"]["limit"]["maximum"]

    assert most * GAP_SECONDS < RESOURCES["GatewayFunction"]["Properties"]["Timeout"]
