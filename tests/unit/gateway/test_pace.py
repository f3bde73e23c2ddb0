"""How fast the gateway function works off the failed list."""

import pytest

from gateway.pace import GAP_SECONDS, Pace
from relay.api.gateway import RetryFailed
from tests.support.template import RESOURCES


class Time:
    """Seconds that only waiting, and calls, take."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


def begun(*takes: float) -> list[float]:
    """When calls that take so long began, counted from the first question."""
    time = Time()
    pace = Pace(lambda: True, clock=lambda: time.now, wait=time.wait)
    begun = []
    for seconds in takes:
        assert pace.allows_a_call()
        begun.append(time.now - 1000)
        time.now += seconds
    return begun


@pytest.mark.parametrize("calls", [0, 1, 2, 100])
def test_quick_calls_begin_a_gap_apart_and_the_first_at_once(calls: int) -> None:
    assert begun(*[0.01] * calls) == pytest.approx([number * GAP_SECONDS for number in range(calls)])


def test_calls_longer_than_the_gap_follow_each_other_at_once_and_no_time_is_made_up_for() -> None:
    assert begun(2, 2, 0, 0) == pytest.approx([0, 2, 4, 4 + GAP_SECONDS])


def test_no_call_begins_when_there_is_no_time_for_one() -> None:
    assert not Pace(lambda: False).allows_a_call()


def test_the_most_that_one_invocation_takes_fits_its_time() -> None:
    most = RetryFailed.model_json_schema()["properties"]["limit"]["maximum"]

    assert most * GAP_SECONDS < RESOURCES["GatewayFunction"]["Properties"]["Timeout"]
