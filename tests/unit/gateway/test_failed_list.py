"""The failed list, worked off within a limit and the time."""

from random import SystemRandom
from typing import Any

import pytest

from gateway import failed_list
from gateway.answers import GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.rows import failed_callbacks


class Calls:
    """Calls that succeed, but for the ids that are told to fail."""

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


def test_a_refusal_is_told_and_the_next_are_tried() -> None:
    call = Calls(b=GatewayRefusedError("unknown id", "9999"))

    progress = failed_list.each("abc", call, always)

    assert progress == failed_list.Progress(done=["a", "c"], refused={"b": "unknown id (code 9999)"})


@pytest.mark.parametrize(
    "error", [GatewayUnavailableError("no answer"), GatewayNotAllowedError("bad signature")]
)
def test_what_no_call_would_survive_ends_the_run(error: Any) -> None:
    call = Calls(b=error)

    progress = failed_list.each("abc", call, always)

    assert call.made == ["a", "b"]
    assert progress == failed_list.Progress(done=["a"], stopped=str(error))


def test_no_call_is_started_that_cannot_finish() -> None:
    call, answers = Calls(), iter([True, True, False])

    progress = failed_list.each("abcd", call, lambda: next(answers))

    assert call.made == ["a", "b"]
    assert progress == failed_list.Progress(done=["a", "b"], stopped="no time was left")
