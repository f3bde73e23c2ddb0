"""What watches the relay: metrics that were written, and what template.yaml and docs/watch.md say of them."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from relay.observability import NAMESPACE
from tests.support.template import RESOURCES, ROOT, of_type

STACK = "relay-under-test"
PAGE = (ROOT / "docs" / "watch.md").read_text("utf-8")
_GIVEN = {"AWS::StackName": STACK, "AWS::Region": "cn-north-1"}
_ROW = re.compile(r"\| `(\w+)` \| (\w+) \| (\w+) \| .+ \|")


class Metric(NamedTuple):
    """A metric as CloudWatch tells it from others."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


class Written(NamedTuple):
    metric: Metric
    unit: str


def ours(name: str, service: str) -> Metric:
    return Metric(NAMESPACE, name, frozenset({("service", service), ("stack", STACK)}))


def documented() -> set[Written]:
    """The rows of the page's table of metrics."""
    return {Written(ours(name, service), unit) for name, unit, service in _ROW.findall(PAGE)}


def written(lines: Iterable[dict[str, Any]]) -> set[Written]:
    """The metrics in lines of the embedded metric format, each under every set of its dimensions."""
    found = set()
    for line in lines:
        for group in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in group["Dimensions"]:
                dimensions = frozenset((name, line[name]) for name in names)
                for one in group["Metrics"]:
                    assert line[one["Name"]]
                    metric = Metric(group["Namespace"], one["Name"], dimensions)
                    found.add(Written(metric, one["Unit"]))
    return found


def alarms() -> dict[str, tuple[Metric, ...]]:
    """Logical id -> what the alarm looks at: one metric, or those that its expression sums up."""
    return {name: _watched(alarm["Properties"]) for name, alarm in of_type("AWS::CloudWatch::Alarm").items()}


def watched() -> list[Metric]:
    """Everything that an alarm looks at."""
    return [metric for metrics in alarms().values() for metric in metrics]


def _watched(alarm: dict[str, Any]) -> tuple[Metric, ...]:
    metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return tuple(map(_metric, metrics or [alarm]))


def _metric(given: dict[str, Any]) -> Metric:
    dimensions = frozenset((one["Name"], resolved(one["Value"])) for one in given["Dimensions"])
    return Metric(given["Namespace"], given["MetricName"], dimensions)


def widgets(kind: str) -> list[dict[str, Any]]:
    """The properties of the dashboard's widgets of one type."""
    body = json.loads(resolved(RESOURCES["Dashboard"]["Properties"]["DashboardBody"]))
    return [one["properties"] for one in body["widgets"] if one["type"] == kind]


def shown() -> Iterator[Metric]:
    """What the dashboard's graphs show; each metric is written out, without CloudWatch's shorthands."""
    for widget in widgets("metric"):
        for namespace, name, *pairs, options in widget["metrics"]:
            assert set(options) <= {"label", "stat", "yAxis"}
            yield Metric(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))


def resolved(value: Any) -> str:
    """A text of the template with its references followed; those to resources become their names."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return _GIVEN.get(name) or _existing(name)
        case {"Fn::GetAtt": [name, attribute]} | {"Fn::GetAtt": [name, attribute, *_]}:
            return f"{_existing(name)}.{attribute}"
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: _GIVEN.get(found[1]) or _existing(found[1]), text)
    raise AssertionError(value)


def _existing(reference: str) -> str:
    assert reference.partition(".")[0] in RESOURCES, reference
    return reference
