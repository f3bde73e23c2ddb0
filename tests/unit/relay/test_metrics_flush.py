"""A hundred values of a metric are written out at once: nothing is lost then, and nothing is warned of."""

import json
from typing import Any

import pytest

from notice.dispatch.ledger import Report
from notice.queue.settlement import Settlement
from notice.report import report
from relay import observability
from tests.support.watching import STACK, ours, written


class Silent:
    """A logger of which nothing is looked at."""

    def __getattr__(self, name: str) -> Any:
        return lambda *message, **facts: None


@pytest.mark.parametrize("calls", [1, 99, 100, 101, 200])
def test_any_number_of_batches_is_counted(calls: int, capsys: pytest.CaptureFixture[str]) -> None:
    logger: Any = Silent()
    metrics = observability.metrics("notice", STACK)

    report(Report(calls=calls, batch_sizes=[7] * calls), Settlement(), logger, metrics, 0.0)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [size for line in lines for size in line.get("BatchSize", ())] == [7] * calls
    assert [line["ProduceCalls"] for line in lines if "ProduceCalls" in line] == [[calls]]
    assert {one.metric for one in written(lines)} == {
        ours("BatchSize", "notice"),
        ours("ProduceCalls", "notice"),
    }


def test_functions_in_one_process_keep_their_dimensions_apart(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = observability.metrics("a", "one"), observability.metrics("b", "two")
    for metrics in (first, second, first):
        metrics.add_metric("M", "Count", 1)
        metrics.flush_metrics()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["service"], line["stack"]) for line in lines] == [("a", "one"), ("b", "two"), ("a", "one")]
