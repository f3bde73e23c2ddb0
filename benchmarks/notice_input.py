"""What the outbound measurements send: an application's notices, and records as SQS hands them over."""

import json
import time
from collections.abc import Iterable
from itertools import batched
from typing import Any

from benchmarks.artefacts import ROOT

SAMPLE = json.loads((ROOT / "events" / "notice-records.json").read_bytes())["Records"][0]
EVENT_BYTES = 6_291_456
"""The most that one invocation carries."""

type Json = dict[str, Any]


def notice(number: int, *, body: str = "请于三日内办结。") -> Json:
    """Returns one notice, of 370 bytes with that body, its members in the order that the relay writes."""
    header = f"第{number:06}号审批待办"
    return {
        "messageId": f"n-{number:06}",
        "messageType": 1,
        "appId": "todo-app-access-key",
        "url": f"https://todo.example.com/items/{number:06}",
        "body": {"defaultValue": body, "i18nValue": {"en_US": "Due in three days."}},
        "header": {
            "defaultValue": header,
            "i18nValue": {"en_US": f"Approval {number:06}", "zh_CN": header},
        },
        "targetType": 1,
        "targets": [f"u-{number % 997:03}", f"u-{number % 991:03}"],
    }


def event(notices: Iterable[Json], *, org: str = "o-benchmark", per_record: int = 100) -> Json:
    """Returns an SQS event, its records as large as real ones."""
    parts = batched(notices, per_record, strict=False)
    return {
        "Records": [_record(n, compact({"orgId": org, "messages": part})) for n, part in enumerate(parts)]
    }


def compact(given: object) -> str:
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def _record(number: int, body: str) -> Json:
    sent = str(int(time.time() * 1000))
    times = {"SentTimestamp": sent, "ApproximateFirstReceiveTimestamp": sent}
    return {
        **SAMPLE,
        "messageId": f"059f36b4-87a3-44ab-83d2-{number:012}",
        "receiptHandle": f"AQEB{number:06}" + "wJnKyrHigUMZj6rYigCgxlaS" * 15,
        "body": body,
        "attributes": {**SAMPLE["attributes"], **times},
    }
