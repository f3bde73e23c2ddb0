"""Prints what a million events, a million notices and a month without either cost, as docs/cost.md has it.

`PYTHONPATH=functions:layers python -m benchmarks.cost [zh]`. The numbers that follow are what it takes for
granted; the prices stand in prices.toml.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Any

from notice.dispatch.batches import BATCH_LIMIT
from notice.dispatch.dispatcher import WORKERS
from notice.queue.batch_calls import WORKERS as AT_ONCE
from relay.sqs import REQUEST_ENTRIES

MILLION = 1_000_000
ROOT = Path(__file__).parent.parent
PRICES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))

# Lambda, by template.yaml: memory, and the share of a processor that it brings (a whole one at 1,769 MB).
MEMORY_GB = 512 / 1024
PROCESSOR = 512 / 1769
# Milliseconds of CPU, measured on AMD EPYC, 2 cores, Python 3.13.0, on 2026-11-25: by `make bench` a warm
# callback and a start of its container; by hand an invocation with one notice, each further notice with its
# share of a call, and publishing outcomes, 2.0 with one to 2.9 with ten. That a core there is as quick as a
# Lambda processor is an assumption.
CALLBACK_CPU, START_CPU = 2.7, 214
NOTICE_CPU, FURTHER_NOTICE_CPU, OUTCOMES_CPU = 1.09, 0.039, 2.5
# Milliseconds of waiting for AWS (claim, publish, mark), and for the portal over the internet; assumed.
CLAIM_WAIT, PUBLISH_WAIT, MARK_WAIT, PORTAL_WAIT = 5, 15, 5, 100
# Of the invocations, those that start a container; assumed.
COLD_SHARE = 0.002

# Write units of an event of up to 1 KB: claim, mark, into and out of the index of pending events, into the
# index by tag. A test counts them from the items of the sample events.
WRITE_UNITS = 5
# The same where the body is kept as it came beside the content, as that of a form is.
FORM_WRITE_UNITS = 7
# Bytes that the table keeps of an event, and in its index by tag, each with DynamoDB's 100; rounded.
ITEM_BYTES, FORM_ITEM_BYTES, ENTRY_BYTES = 1000, 1200, 200
# Parameter EventRetentionDays.
KEPT_MONTHS = 90 / 30.4
# Bytes of log of an invocation, rounded: its line, its metrics, Lambda's own three, 26 more a line; and
# of each accepted notice its messageId.
CALLBACK_LOG, NOTICE_LOG, MESSAGE_ID_LOG = 1250, 1000, 23
# Bytes over the internet: an answer to the gateway; a notice; headers of a call with its share of TLS.
ANSWER, NOTICE, CALL = 450, 430, 900

# SQS messages come to Lambda by so many pollers, each with its own batches, every 20 seconds if there are
# none; NoticeBatchWindowSeconds is 5.
POLLERS, POLL_SECONDS, WINDOW_SECONDS = 5, 20, 5
# Bytes of an SQS message besides its notices, and what SQS bills as one request.
RECORD, CHUNK = 60, 65_536
MONTH_SECONDS = 30.4 * 86_400
# Metrics that recovery and gateway send in every hour, whatever happens.
IDLE_METRICS = 8

type Units = Mapping[str, float]
"""So many units, by the name of their price."""


# How notices come: so many to an SQS message, so many a second while they come.
STREAMS = {"trickle": (1, MILLION / MONTH_SECONDS), "burst": (1, 100), "packed": (BATCH_LIMIT, 100)}


def event(write_units: int = WRITE_UNITS, item_bytes: int = ITEM_BYTES) -> Units:
    """Returns the units of a million events, each delivered once, of up to 1 KB; by default as JSON."""
    waits = CLAIM_WAIT + PUBLISH_WAIT + MARK_WAIT
    seconds = (ceil(CALLBACK_CPU / PROCESSOR + waits) + COLD_SHARE * START_CPU / PROCESSOR) / 1000
    return {
        "api_request": MILLION,
        "lambda_request": MILLION,
        "lambda_gb_second": MILLION * seconds * MEMORY_GB,
        "write_unit": MILLION * write_units,
        "table_gb_month": (item_bytes + ENTRY_BYTES) * KEPT_MONTHS / 1000,
        "backup_gb_month": item_bytes * KEPT_MONTHS / 1000,
        "publish": MILLION,
        "log_gb": CALLBACK_LOG / 1000,
        "transfer_gb": ANSWER / 1000,
    }


def notices(per_record: int, per_second: float) -> Units:
    """Returns the units of a million notices of one organisation, all accepted; no subscriber is paid for."""
    records = max(1.0, per_second / per_record * WINDOW_SECONDS / POLLERS)
    count = records * per_record
    invocations, calls = MILLION / count, ceil(count / BATCH_LIMIT)
    publishes = ceil(records / REQUEST_ENTRIES)
    cpu = NOTICE_CPU + (count - 1) * FURTHER_NOTICE_CPU + publishes * OUTCOMES_CPU
    waits = ceil(calls / WORKERS) * PORTAL_WAIT + ceil(publishes / AT_ONCE) * PUBLISH_WAIT
    seconds = ceil(cpu / PROCESSOR + waits) / 1000
    sent, at_once = MILLION / per_record, min(records, REQUEST_ENTRIES)
    body = RECORD + per_record * NOTICE
    requests = sent * ceil(body / CHUNK) + sent / at_once * max(1, at_once * body / CHUNK) + sent / at_once
    return {
        "queue_request": requests,
        "publish": publishes * invocations,
        "lambda_request": invocations,
        "lambda_gb_second": invocations * seconds * MEMORY_GB,
        "log_gb": (NOTICE_LOG * invocations + MESSAGE_ID_LOG * MILLION) / 1e9,
        "transfer_gb": (NOTICE * MILLION + CALL * calls * invocations) / 1e9,
    }


def month() -> Units:
    """Returns the units of a month without an event or a notice."""
    template = (ROOT / "template.yaml").read_text("utf-8")

    def count(kind: str) -> int:
        """How many resources of a kind are always made."""
        return len(re.findall(rf"^    Type: AWS::{kind}\n(?!    Condition:)", template, re.MULTILINE))

    return {
        "metric_month": IDLE_METRICS,
        "dashboard_month": count("CloudWatch::Dashboard"),
        "alarm_month": count("CloudWatch::Alarm"),
        "secret_month": count("SecretsManager::Secret"),
        "queue_request": MONTH_SECONDS / POLL_SECONDS * POLLERS,
    }


def snapshot() -> Units:
    """Returns what `SnapStart` adds to a month."""
    return {"snapshot_gb_second": MONTH_SECONDS * MEMORY_GB}


def money(units: Units) -> float:
    return float(sum(count * PRICES[name]["price"] / PRICES[name]["per"] for name, count in units.items()))


HEADS = {
    "en": ("what", "units", "price", "money", "**total**", "form"),
    "zh": ("项目", "数量", "单价", "金额", "**合计**", "表单"),
}


def tables(language: str) -> Iterator[str]:
    """Returns the tables of the page in "en" or "zh", in their order."""
    what, units, price, total, whole, form = HEADS[language]
    bodies = {"JSON": event(), form: event(FORM_WRITE_UNITS, FORM_ITEM_BYTES)}
    yield _beside(what, bodies, language, whole)
    yield _beside(what, {name: notices(*stream) for name, stream in STREAMS.items()}, language, whole)
    yield _table([what, units, price, total], month(), language, whole)
    yield _table([what, units, price, total], snapshot(), language, whole)


def _beside(what: str, cases: Mapping[str, Units], language: str, whole: str) -> str:
    """Returns a table with a column of money for each case; all have units of the same names."""
    rows = [
        [_name(name, language), *(_dollars(money({name: one[name]})) for one in cases.values())]
        for name in next(iter(cases.values()))
    ]
    return _markdown(
        [what, *cases], [*rows, [whole, *(f"**{_dollars(money(one))}**" for one in cases.values())]]
    )


def _table(heads: list[str], units: Units, language: str, whole: str) -> str:
    rows = [
        [_name(name, language), _count(count), _price(name), _dollars(money({name: count}))]
        for name, count in ((name, round(count, 0 if count >= 100 else 2)) for name, count in units.items())
    ]
    return _markdown(heads, [*rows, [whole, "", "", f"**{_dollars(money(units))}**"]])


def _name(name: str, language: str) -> str:
    price = PRICES[name]
    service = price.get(f"service_{language}", price["service"])
    return f"{service}: {price['unit' if language == 'en' else language]}"


def _count(count: float) -> str:
    return f"{count:,.0f}" if count == round(count) else f"{count:,.2f}"


def _price(name: str) -> str:
    per = PRICES[name]["per"]
    return f"${PRICES[name]['price']:.10f}".rstrip("0").rstrip(".") + (f" / {per:,}" if per > 1 else "")


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 0.005 else "<$0.01"


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    print("\n\n".join(tables("zh" if "zh" in sys.argv[1:] else "en")))
