"""Counts what the code really asks of AWS: calls, bytes of items and messages, bytes of log lines.

`python -m benchmarks.cost --count` writes the outcome to counted.json; a test holds the two equal.
"""

import json
import re
import time
from collections import Counter
from typing import Any

import boto3

from benchmarks.cost.deployed import Deployed, deployed
from benchmarks.cost.units import item_bytes
from tests.support import template, watching
from tests.support.inbound import EVENTS, sample
from tests.support.outbound import event, record

HANDSHAKE = "callback-handshake"
SAMPLES = sorted(path.stem for path in EVENTS.glob("callback-*.json") if path.stem != HANDSHAKE)
NOTICES = (1, 100, 1000)
# A duration in milliseconds has as many digits as the clock gives, so all are counted alike.
_DURATION = re.compile(r'(Latency":)\[[\d.]+\]')
_REQUEST = "5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11"
# What Lambda writes by itself about an invocation.
_LAMBDA_LINES = (
    f"START RequestId: {_REQUEST} Version: $LATEST\n",
    f"END RequestId: {_REQUEST}\n",
    f"REPORT RequestId: {_REQUEST}\tDuration: 43.21 ms\tBilled Duration: 44 ms\tMemory Size: 512 MB"
    "\tMax Memory Used: 103 MB\t\n",
)
# What API Gateway puts in the place of the access log's variables.
_ACCESS = {
    "requestId": _REQUEST,
    "requestTime": "22/Nov/2026:15:10:09 +0000",
    "identity.sourceIp": "203.0.113.24",
    "status": "200",
    "responseLength": "31",
    "responseLatency": "48",
    "error.responseType": "-",
}


def counted() -> dict[str, Any]:
    """Everything that the arithmetic wants to know about the code."""
    with deployed() as functions:
        return {
            "samples": {name: delivery(functions, name) for name in SAMPLES},
            "repeat": _invocation(functions, "callback", sample(SAMPLES[0])),
            "handshake": _invocation(functions, "callback", sample(HANDSHAKE)),
            "notices": {str(count): _notices(functions, count) for count in NOTICES},
            "idle": {
                "sweep": _idle(functions, "recovery", {"action": "sweep"}),
                "retry": _idle(functions, "gateway", {"action": "retry-failed", "unattended": True}),
            },
            "lambda_lines": {"lines": len(_LAMBDA_LINES), "bytes": sum(map(len, _LAMBDA_LINES))},
            "access_line_bytes": _access_line_bytes(),
            "stack": _stack(),
        }


def delivery(functions: Deployed, name: str) -> dict[str, Any]:
    """The first delivery of a sample event: its item while it is pending and afterwards, and its message."""
    found = _invocation(functions, "callback", sample(name))
    made = dict(functions.calls)
    item, text = made["PutItem"]["Item"], made["Publish"]["Message"]
    kept = boto3.client("dynamodb").get_item(TableName=template.EVENT_TABLE, Key={"pk": item["pk"]})["Item"]
    attributes = [
        part
        for name, value in made["Publish"]["MessageAttributes"].items()
        for part in (name, value["DataType"], value["StringValue"])
    ]
    return {
        **found,
        "data_bytes": len(text.partition('"data":')[2].removesuffix("}").encode()),
        "pending_bytes": item_bytes(item),
        "published_bytes": item_bytes(kept),
        "entry_bytes": item_bytes({name: item[name] for name in ("pk", "tagShard", "receivedAt")}),
        "message_bytes": len("".join([text, *attributes]).encode()),
    }


def _notices(functions: Deployed, count: int) -> dict[str, Any]:
    """An invocation of so many accepted notices of one organisation, a hundred to a record."""
    given = json.loads((EVENTS / "notices.jsonl").read_text("utf-8").partition("\n")[0])
    org = given.pop("orgId")
    many = [{**given, "messageId": f"travel-20261122-{number:04}"} for number in range(count)]
    parts = [many[first : first + 100] for first in range(0, count, 100)]
    records = [record(*part, org=org, sent_at=time.time()) for part in parts]
    functions.portal.forget_calls()
    found = _invocation(functions, "notice", event(*records))
    bodies = [len(call.body) for call in functions.portal.calls if call.ok]
    size = len(records[0]["body"].encode())
    return {**found, "calls": len(bodies), "sent_bytes": sum(bodies), "record_bytes": size}


def _idle(functions: Deployed, function: str, given: Any) -> dict[str, Any]:
    found = _invocation(functions, function, given)
    return {**found, "calls": dict(Counter(found["calls"]))}


def _invocation(functions: Deployed, function: str, given: Any) -> dict[str, Any]:
    """Its calls of AWS, and what it printed, apart for lines and for metrics."""
    printed = functions.invoke(function, given).splitlines()
    lines = [_DURATION.sub(r"\g<1>[12.3]", line) for line in printed]
    metrics = [line for line in lines if '"_aws"' in line]
    return {
        "calls": [name for name, _ in functions.calls],
        "told": _size([line for line in lines if line not in metrics]),
        "metrics": _size(metrics),
        "metric_names": sorted({one.metric.name for one in watching.written(map(json.loads, metrics))}),
    }


def _size(lines: list[str]) -> dict[str, int]:
    return {"lines": len(lines), "bytes": sum(len(line.encode()) + 1 for line in lines)}


def _access_line_bytes() -> int:
    line: str = template.RESOURCES["CallbackApi"]["Properties"]["AccessLogSetting"]["Fn::If"][1]["Format"]
    for name, value in _ACCESS.items():
        line = line.replace(f"$context.{name}", value)
    if "$context" in line:
        raise ValueError(f"the access log has a variable that is not known here: {line}")
    return len(line) + 1


def _stack() -> dict[str, Any]:
    """How many of what costs by the month the template has, and the metrics that docs/watch.md lists."""

    def always(kind: str) -> int:
        return len([one for one in template.of_type(kind).values() if "Condition" not in one])

    return {
        "alarms": always("AWS::CloudWatch::Alarm"),
        "dashboards": always("AWS::CloudWatch::Dashboard"),
        "secrets": always("AWS::SecretsManager::Secret"),
        "topics": len(template.event_topics()),
        "metrics": len(watching.documented()),
    }
