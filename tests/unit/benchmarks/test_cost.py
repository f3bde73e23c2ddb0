"""What the relay costs: AWS's roundings, units times prices, and pages that say what they come to."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.cost import page, texts, units
from benchmarks.cost.__main__ import write
from benchmarks.cost.arithmetic import MILLION, Line, by_part, merged, milliseconds, total
from benchmarks.cost.events import events, repeats
from benchmarks.cost.inputs import Inputs, Measured, Parameters
from benchmarks.cost.month import month
from benchmarks.cost.moving import BURST, DEFAULTS, PACKED, STREAMS, TRICKLE, by_size, by_the_docs, moved
from benchmarks.cost.notices import BATCH_LIMIT, RECORDS_LIMIT, WORKERS, Invocation, Stream, notices
from benchmarks.cost.prices import Price
from notice.dispatch import batches
from notice.dispatch import dispatcher as dispatch
from tests.support.template import RESOURCES, ROOT, TEMPLATE

COST = ROOT / "benchmarks" / "cost"
INPUTS = Inputs.load()
PRICE = Price(2.0, 1_000, "thing")


def named(lines: list[Line]) -> dict[str, Line]:
    return {line.name: line for line in merged(lines)}


@pytest.mark.parametrize(
    ("size", "expected"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (2049, 3), (409_600, 400)]
)
def test_a_write_is_rounded_up_to_a_kilobyte(size: int, expected: int) -> None:
    assert units.write_units(size) == expected


@pytest.mark.parametrize(
    ("size", "eventually", "consistently"), [(0, 0.5, 1), (4096, 0.5, 1), (4097, 1, 2), (8192, 1, 2)]
)
def test_a_read_is_rounded_up_to_four(size: int, eventually: float, consistently: float) -> None:
    assert units.read_units(size) == eventually
    assert units.read_units(size, consistent=True) == consistently


@pytest.mark.parametrize(("size", "expected"), [(0, 1), (65_536, 1), (65_537, 2), (262_144, 4), (262_145, 5)])
def test_a_message_is_billed_by_64_kilobytes(size: int, expected: int) -> None:
    assert units.chunks(size) == expected


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert units.item_bytes({}) == 0
    assert units.item_bytes({"pk": {"S": "名"}, "n": {"N": "1795360209"}}) == (2 + 3) + (1 + 6)
    assert units.item_bytes({"tags": {"SS": ["a", "bc"]}, "b": {"B": b"123"}}) == (4 + 3 + 2 + 3) + (1 + 3)


def test_a_kind_of_attribute_that_the_relay_does_not_write_is_no_guess() -> None:
    with pytest.raises(ValueError, match="M"):
        units.item_bytes({"m": {"M": {}}})


def test_each_line_of_a_log_counts_for_more_than_its_text() -> None:
    assert units.log_bytes(0, 0) == 0
    assert units.log_bytes(100, 2) == 152


@pytest.mark.parametrize(("count", "money"), [(0, 0.0), (1, 0.002), (1_000, 2.0), (1_500, 3.0)])
def test_money_is_units_times_a_price(count: float, money: float) -> None:
    assert Line("part", "name", count, PRICE).cost == pytest.approx(money)


def test_lines_of_one_name_are_one_and_nothing_costs_nothing() -> None:
    lines = [Line("a", "one", 1, PRICE), Line("b", "two", 2, PRICE), Line("a", "one", 3, PRICE)]

    assert [(line.name, line.units) for line in merged(lines)] == [("one", 4), ("two", 2)]
    assert by_part(lines) == pytest.approx({"a": 0.008, "b": 0.004})
    assert total(lines) == pytest.approx(0.012)
    assert total([]) == 0


@pytest.mark.parametrize(("memory", "expected"), [(1769, 30), (3538, 30), (1, 17_700)])
def test_processor_time_grows_as_memory_shrinks_below_a_whole_processor(memory: int, expected: int) -> None:
    inputs = replace(INPUTS, assumed=replace(INPUTS.assumed, processor_mb=1769, core=1.0))

    assert milliseconds(inputs, Parameters(memory_mb=memory), 10.0, 20.0) == pytest.approx(
        expected, rel=0.002
    )


@pytest.mark.parametrize(("waits", "billed"), [(0.0, 0), (1.0, 1), (1.01, 2)])
def test_a_millisecond_that_was_begun_is_billed(waits: float, billed: int) -> None:
    assert milliseconds(INPUTS, DEFAULTS, 0.0, waits) == billed


def test_an_event_is_written_twice_and_its_entries_three_times() -> None:
    small = replace(INPUTS.counted.event, write_units=1.0)
    large = replace(small, write_units=2.0)

    for sizes, expected in ((small, 5), (large, 7)):
        written = [line for line in events(INPUTS, DEFAULTS, sizes) if line.part == "table"]
        assert sum(line.units for line in written) == expected * MILLION


def test_events_are_paid_for_as_long_as_they_are_kept() -> None:
    once, twice = (
        by_part(events(INPUTS, replace(DEFAULTS, event_retention_days=days)))["kept"] for days in (45, 90)
    )

    assert twice == pytest.approx(2 * once)


def test_a_repeat_costs_less_than_its_event() -> None:
    again = repeats(INPUTS, DEFAULTS)

    assert total(again) < total(events(INPUTS, DEFAULTS))
    assert not {"table.mark", "topics.publish"} & named(again).keys()


def test_only_informing_levels_pay_for_lines_about_what_went_well() -> None:
    for level, told in (("DEBUG", True), ("INFO", True), ("WARNING", False), ("ERROR", False)):
        lines = named(events(INPUTS, replace(DEFAULTS, log_level=level)))
        assert ("logs.told" in lines) is told
        assert {"logs.metrics", "logs.lambda"} <= lines.keys()


def test_what_is_off_by_default_costs_nothing_until_it_is_on() -> None:
    off = named(events(INPUTS, DEFAULTS)).keys()
    on = replace(DEFAULTS, access_log=True, tracing=True, snap_start=True)

    assert named(events(INPUTS, on)).keys() - off == {"logs.access", "tracing.trace", "lambda.restored"}
    assert named(month(INPUTS, on)).keys() - named(month(INPUTS, DEFAULTS)).keys() == {
        "month.snapshot", "tracing.trace",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "records"),
    [
        (Stream(1, 0.0), 1),
        (Stream(1, 1.0), 1),
        (Stream(1, 2.0), 2),
        (Stream(1, 999.0), 999),
        (Stream(1, 1_000.0), 1_000),
        (Stream(1, 1e9), 1_000),
        (Stream(100, 1e9), 137),
    ],
)
def test_an_invocation_carries_what_came_in_the_window_up_to_its_limits(stream: Stream, records: int) -> None:
    inputs = replace(INPUTS, assumed=replace(INPUTS.assumed, pollers=5))

    one = Invocation.of(inputs, replace(DEFAULTS, notice_batch_window_seconds=5), stream, batched=True)

    assert one.records == records
    assert one.notices == records * stream.per_record
    assert one.calls == -(-one.notices // 100)


def test_every_notice_is_sent_received_and_deleted() -> None:
    lines = named(notices(INPUTS, DEFAULTS, TRICKLE))

    assert {lines[f"queue.{name}"].units for name in ("send", "receive", "delete")} == {MILLION}
    packed = named(notices(INPUTS, DEFAULTS, PACKED))
    assert packed["queue.send"].units == MILLION / 100


def test_calls_for_each_notice_cost_more_than_batches() -> None:
    assert total(notices(INPUTS, DEFAULTS, BURST)) < total(notices(INPUTS, DEFAULTS, BURST, batched=False))


def test_a_busy_month_has_more_metrics_than_an_idle_one() -> None:
    idle, busy = (named(month(INPUTS, DEFAULTS, busy=busy)) for busy in (False, True))

    assert idle["month.metrics"].units < busy["month.metrics"].units <= INPUTS.counted["stack"]["metrics"]
    assert {name for name in idle if idle[name].cost != busy[name].cost} == {"month.metrics", "month.keys"}


def test_larger_events_never_cost_less() -> None:
    sizes = list(by_size(INPUTS))

    assert [one.units for one in sizes] == sorted(one.units for one in sizes)
    assert [one.all for one in sizes] == sorted(one.all for one in sizes)


def test_recovery_and_replay_are_what_a_stack_by_the_docs_saves() -> None:
    ours = sum(line.units for line in events(INPUTS, DEFAULTS) if line.part == "table")
    plain, whole = (
        sum(line.units for line in by_the_docs(INPUTS, recovers=recovers)) for recovers in (False, True)
    )

    assert plain < ours < whole


def test_the_defaults_are_those_of_the_template() -> None:
    given = {name: one.get("Default") for name, one in TEMPLATE["Parameters"].items()}

    assert given["Architecture"] == DEFAULTS.architecture
    assert given["LogLevel"] == DEFAULTS.log_level
    assert given["LogRetentionDays"] == DEFAULTS.log_retention_days
    assert given["EventRetentionDays"] == DEFAULTS.event_retention_days
    assert given["NoticeBatchWindowSeconds"] == DEFAULTS.notice_batch_window_seconds
    assert (given["AccessLog"] != "Off") is DEFAULTS.access_log
    assert (given["Tracing"] == "Active") is DEFAULTS.tracing
    assert (given.get("SnapStart", "Off") == "On") is DEFAULTS.snap_start
    assert TEMPLATE["Globals"]["Function"]["MemorySize"] == DEFAULTS.memory_mb
    assert {one.parameter for one in moved(INPUTS)} <= given.keys() | {
        "MemorySize",
        "per_record",
        "SnapStart",
    }


def test_limits_and_schedules_are_those_of_the_code_and_the_template() -> None:
    def event(function: str, name: str) -> Any:
        return RESOURCES[function]["Properties"]["Events"][name]["Properties"]

    assert (BATCH_LIMIT, WORKERS) == (batches.BATCH_LIMIT, dispatch.WORKERS)
    assert event("NoticeFunction", "Notices")["BatchSize"] == RECORDS_LIMIT
    assert event("RecoveryFunction", "Sweep")["ScheduleExpression"] == "rate(5 minutes)"
    assert event("GatewayFunction", "RetryFailed")["ScheduleExpression"] == "rate(15 minutes)"
    assert RESOURCES["EventTable"]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [
        index["Projection"]["ProjectionType"]
        for index in RESOURCES["EventTable"]["Properties"]["GlobalSecondaryIndexes"]
    ] == ["KEYS_ONLY", "KEYS_ONLY"]


def test_processor_time_is_the_middle_of_what_the_benchmark_found() -> None:
    record = {
        "machine": "x, 2 cores",
        "details": {
            "warm_callback": {"callback_cpu_ms": [3, 9, 4]},
            "cold_start": {"callback_cpu_ms": [200]},
            "notices": {
                "cpu_us_per_notice": {"1": 1500.0, "1000": 125.0},
                "ways": {"bare loop, one call per notice, 0 ms": {"cpu_us_per_notice": 500.0}},
            },
        },
    }

    assert Measured.of(record) == Measured(
        callback_cpu_ms=4.0,
        callback_start_cpu_ms=200.0,
        notice_cpu_ms=1.5,
        notice_cpu_ms_per_notice=0.125,
        notice_cpu_ms_per_call=0.5,
        machine="x, 2 cores",
    )


def test_the_pages_and_the_chart_are_what_the_inputs_come_to() -> None:
    made = page.contents(INPUTS)

    assert [name for name, text in made.items() if (COST / name).read_text("utf-8") != text] == [], (
        "write them anew: python -m benchmarks.cost"
    )


def test_writing_changes_only_what_is_old(tmp_path: Path) -> None:
    assert write(tmp_path, INPUTS) == ["README.md", "README.zh-CN.md", "chart.svg"]
    (tmp_path / "README.md").write_text("old", "utf-8")

    assert write(tmp_path, INPUTS) == ["README.md"]
    assert write(tmp_path, INPUTS) == []


def test_both_pages_have_the_same_numbers() -> None:
    number = re.compile(r"[+−<]?\$?\d[\d,.]*\d|`[\w.]+`")
    english, chinese = (
        [number.findall(line) for line in (COST / name).read_text("utf-8").splitlines() if line[:1] == "|"]
        for name in page.PAGES
    )

    assert len(english) > 100
    assert english == chinese


def test_every_sentence_is_said_and_every_line_has_a_name() -> None:
    on = replace(DEFAULTS, access_log=True, tracing=True, snap_start=True)
    lines = [*events(INPUTS, on), *month(INPUTS, on)]
    lines += [line for stream in STREAMS.values() for line in notices(INPUTS, on, stream)]
    source = "".join(file.read_text("utf-8") for file in COST.glob("*.py"))

    assert {line.name for line in lines} == texts.LINES.keys()
    assert {line.part for line in [*events(INPUTS, DEFAULTS), *notices(INPUTS, DEFAULTS, BURST)]} == (
        texts.PARTS.keys()
    )
    said = {f"notices_{name}" for name in STREAMS} | set(re.findall(r"""["'](\w+)["']""", source))
    assert [name for name in texts.PAGE if name not in said] == []
    assert all(
        one.keys() == {"en", "zh"} for part in (texts.PAGE, texts.LINES, texts.PARTS) for one in part.values()
    )


def test_every_price_has_a_unit_and_a_source_at_the_vendor() -> None:
    prices = INPUTS.prices

    assert all(price.price > 0 and price.per >= 1 and price.unit for price in prices.listed.values())
    assert {name.partition(".")[0] for name in prices.listed} == prices.sources.keys()
    assert all(source.startswith("https://aws.amazon.com/") for source in prices.sources.values())


def test_the_chart_names_each_part_and_divides_the_whole_bar() -> None:
    root = ElementTree.fromstring((COST / "chart.svg").read_text("utf-8"))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    bars = [one for one in root.iter(f"{space}rect") if one.get("height") == "44"]
    told = [one.text for one in root.iter(f"{space}text")]

    parts = len(by_part(events(INPUTS, DEFAULTS))) + len(by_part(notices(INPUTS, DEFAULTS, BURST)))
    assert len(bars) == parts
    assert len(told) == parts + 2
    assert sum(float(one.get("width", "0")) for one in bars) == pytest.approx(2 * 820, abs=1)
