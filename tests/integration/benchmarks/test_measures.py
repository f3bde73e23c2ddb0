"""The measurements do the work that they claim, on the sources in place of what `sam build` makes of them."""

import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import inbound, notices
from benchmarks.results import Rows
from tests.support.template import ROOT

PATH = [ROOT / "functions", ROOT / "layers", Path(sysconfig.get_path("purelib"))]


@pytest.mark.parametrize(
    ("measure", "keys"),
    [
        (lambda: inbound.warm(1, PATH), {"warm_callback"}),
        (lambda: notices.sending(1, PATH, 250), {"notices_calls", "notices_20ms", "notices_200ms"}),
        (lambda: notices.poison(PATH, 4), {"poison_worst", "poison_mean"}),
        (lambda: notices.limited(PATH, 300, 500), {"limit_learned", "limit_kept"}),
        (lambda: notices.memory(1, PATH, 1_200_000), {"memory"}),
        (lambda: inbound.body(1, PATH, 20_000), {"body"}),
    ],
    ids=["warm_callback", "notices", "poison_notices", "portal_limit", "memory", "body"],
)
def test_each_measures_what_it_is_named_after(measure: Callable[[], Rows], keys: set[str]) -> None:
    rows = measure()

    assert rows.keys() == keys
    assert all(row.median > 0 for row in rows.values())
    if "notices_calls" in keys:
        assert rows["notices_calls"].medians == "3 beside 3 calls"
