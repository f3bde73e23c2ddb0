"""The page about watching has every metric that the functions may write, and every alarm."""

import re

import pytest

from relay.api import metrics
from tests.support.template import ROOT, of_type
from tests.support.watching import documented

METRICS = {
    "callback": metrics.CallbackMetric,
    "notice": metrics.NoticeMetric,
    "recovery": metrics.RecoveryMetric,
    "gateway": metrics.GatewayMetric,
}
_FIRST_CELL = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)
# Of these there is one for each function.
_OF_EACH = re.compile(r"^[A-Z][a-z]+(?=(Errors|Throttles)$)")


def test_every_metric_has_its_row() -> None:
    rows = sorted((dict(one.metric.dimensions)["service"], one.metric.name) for one in documented())

    assert rows == sorted(
        (service, str(metric))
        for service, names in METRICS.items()
        for name, metric in vars(names).items()
        if name.isupper()
    )


@pytest.mark.parametrize("page", ["watch.md", "watch.zh-CN.md"])
def test_every_alarm_has_its_row(page: str) -> None:
    cells = _FIRST_CELL.findall((ROOT / "docs" / page).read_text("utf-8"))
    named = {word for cell in cells for word in re.findall(r"\w+", cell)}
    alarms = {name.removesuffix("Alarm") for name in of_type("AWS::CloudWatch::Alarm")}

    assert {_OF_EACH.sub("", name) for name in alarms} - named == set()
