"""How fast the recovery function works, and for how long."""

import pytest

from recovery.pace import STEP_SECONDS, WORKERS, Pace


class Time:
    """Seconds that only waiting takes."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def pace(time: Time, seconds: float = 240, per_second: int | None = None) -> Pace:
    end = time.now + seconds
    return Pace(lambda: end - time.now, per_second, clock=lambda: time.now, wait=time.wait)


def test_without_a_rate_nothing_waits() -> None:
    time = Time()
    unpaced = pace(time)

    assert all(unpaced.allows_more(done) for done in range(0, 10_000, WORKERS))
    assert time.waits == []


@pytest.mark.parametrize("rate", [1, 2, 15, 16, 50, 1000])
def test_no_second_sees_more_events_than_the_rate_and_a_step(rate: int) -> None:
    time = Time()
    paced = pace(time, 10_000, rate)
    done = 0
    while done < 5 * rate:
        assert paced.allows_more(done)
        done += paced.step
        elapsed = time.now - 1000
        assert done <= rate * elapsed + paced.step + 1e-6


def test_a_rate_below_the_workers_makes_the_steps_smaller() -> None:
    assert pace(Time(), per_second=3).step == 3
    assert pace(Time(), per_second=500).step == WORKERS


@pytest.mark.parametrize(
    ("seconds", "more"), [(STEP_SECONDS, True), (STEP_SECONDS - 0.001, False), (0, False)]
)
def test_no_step_is_started_that_cannot_finish(seconds: float, more: bool) -> None:
    assert pace(Time(), seconds).allows_more(0) is more


def test_the_wait_counts_as_time_and_a_wait_in_vain_is_not_begun() -> None:
    time = Time()
    paced = pace(time, STEP_SECONDS + 1, per_second=1)

    assert paced.allows_more(1)
    assert not paced.allows_more(3)
    assert time.waits == [1]
