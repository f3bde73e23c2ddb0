"""An event that was answered 成功 is never lost, and its repeats are never published again: a search.

tests/support/README.md says what is searched, and how to read a history that breaks a rule.
"""

from functools import cache
from itertools import product
from math import comb, factorial, prod

import pytest

from callback.responses import CallbackResponse
from tests.support.crash_search.calls import (
    COLD,
    FORM,
    LARGE_FORM,
    OVERSIZE,
    REFUSED,
    SHORT,
    SWEEP_CALLS,
    Fate,
)
from tests.support.crash_search.search import Search

# Faults in the first phase and in the second. What a cold delivery makes first are reads: in the race, a
# fault of one does no more than to take the delivery out of it.
FAULTS = {SHORT: (1, 2), FORM: (1, 1), REFUSED: (1, 1), OVERSIZE: (1, 1), LARGE_FORM: (1, 1), COLD: (1, 0)}
RENEWALS = ("renew content", "renew body")
HISTORIES = {
    SHORT: 7_930_708_285_500,
    FORM: 282_742_960_500,
    REFUSED: 282_742_960_500,
    OVERSIZE: 135_675_302_162_400,
    LARGE_FORM: 135_675_302_162_400,
    COLD: 1_675_003_730_400,
}


@cache
def searched(path: object) -> Search:
    return next(Search(known, faults) for known, faults in FAULTS.items() if known is path)


@pytest.fixture(params=FAULTS, ids=["short", "form", "refused", "oversize", "large form", "cold"])
def search(request: pytest.FixtureRequest) -> Search:
    return searched(request.param)


def test_no_history_breaks_a_rule(search: Search) -> None:
    told = [f"{rule}:\n  " + "\n  ".join(history) for rule, history in search.broken.items()]

    assert not told, "\n".join(told)


def test_every_order_is_come_by_with_every_choice_of_faults(search: Search) -> None:
    delivery, sweep = len(search.path.calls), len(SWEEP_CALLS)
    # The phases' turns: a delivery; two, a sweep, and the clock, which goes on twice; a delivery and a sweep.
    phases = [delivery], [delivery, delivery, sweep, 2], [delivery, sweep]
    orders = prod(factorial(sum(turns)) // prod(map(factorial, turns)) for turns in phases)
    disturbed = zip((delivery, 2 * delivery + sweep), FAULTS[search.path], strict=True)
    faults = prod(sum(comb(calls, n) * 5**n for n in range(most + 1)) for calls, most in disturbed)

    assert search.histories == orders * faults == HISTORIES[search.path]


def test_every_call_of_every_function_meets_every_fate(search: Search) -> None:
    calls = [("delivery", call) for call in search.path.calls] + [("sweep", call) for call in SWEEP_CALLS]
    # Alone and for the first time, a delivery finds nothing there but its own: what it put twice.
    alone = [("delivery", call) for call in search.path.calls if call not in ("take over", *RENEWALS)]
    at_once = calls
    if search.path.refused:
        alone.remove(("delivery", "mark"))
        at_once = [one for one in calls if one[1] != "mark"] + [("sweep", "refuse")]
    phases = alone, at_once, calls
    fates = [Fate if most else [Fate.FINE] for most in (*FAULTS[search.path], 0)]

    expected = {
        (phase, *call, fate)
        for phase, (made, chosen) in enumerate(zip(phases, fates, strict=True))
        for call, fate in product(made, chosen)
    }
    expected |= {(0, "delivery", call, Fate.FINE) for call in search.path.calls if call in RENEWALS}
    assert search.calls == expected


def test_every_end_is_come_by(search: Search) -> None:
    responses = {
        CallbackResponse.PUBLISHED,
        CallbackResponse.REPEATED,
        CallbackResponse.IN_PROGRESS,
        CallbackResponse.UNAVAILABLE,
    }
    deliveries = {("delivery", end) for end in ("", "killed", *(one.name for one in responses))}
    sweeps = {
        ("sweep", end) for end in ("", "swept", *(["killed", "failed"] if FAULTS[search.path][1] else []))
    }

    assert search.ends == deliveries | sweeps
