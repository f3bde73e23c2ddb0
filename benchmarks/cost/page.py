"""The pages README.md and README.zh-CN.md, and their chart; all from the same numbers."""

from benchmarks.cost import comparisons, moving
from benchmarks.cost.arithmetic import MILLION, total
from benchmarks.cost.chart import svg
from benchmarks.cost.events import events, repeats
from benchmarks.cost.inputs import Inputs
from benchmarks.cost.month import month
from benchmarks.cost.moving import BURST, DEFAULTS, STREAMS
from benchmarks.cost.notices import notices
from benchmarks.cost.tables import Said, table
from benchmarks.cost.texts import PAGE, Language
from benchmarks.cost.units import KB

PAGES: dict[str, Language] = {"README.md": "en", "README.zh-CN.md": "zh"}


def contents(inputs: Inputs) -> dict[str, str]:
    """File name -> text."""
    headings = {name: " ".join(PAGE[name].values()) for name in ("events", "notices_burst")}
    bars = {
        headings["events"]: events(inputs, DEFAULTS),
        headings["notices_burst"]: notices(inputs, DEFAULTS, BURST),
    }
    pages = {name: page(inputs, language) for name, language in PAGES.items()}
    return {**pages, "chart.svg": svg(bars, inputs.prices.sign)}


def page(inputs: Inputs, language: Language) -> str:
    said = Said(language, inputs.prices.sign)
    parts = [
        "<!-- Written by `python -m benchmarks.cost`. -->",
        *_head(inputs, said),
        *_events(inputs, said),
        *_notices(inputs, said),
        *_month(inputs, said),
        *comparisons.moves(inputs, said),
        *comparisons.compared(inputs, said),
        *comparisons.sources(inputs, said),
    ]
    return "\n\n".join(parts) + "\n"


def _head(inputs: Inputs, said: Said) -> list[str]:
    prices = inputs.prices
    sums = {
        "per": total(events(inputs, DEFAULTS)),
        **{f"notices_{name}": total(notices(inputs, DEFAULTS, one)) for name, one in STREAMS.items()},
        "month_idle": total(month(inputs, DEFAULTS)),
        "month_busy": total(month(inputs, DEFAULTS, busy=True)),
    }
    return [
        f"# {said('title')}",
        said("other"),
        said("intro", region=prices.region, currency=prices.currency, read=prices.read),
        f"## {said('summary')}",
        table([said("what"), said("money")], [[said(name), said.money(one)] for name, one in sums.items()]),
        f"![{said('chart')}](chart.svg)",
    ]


def _events(inputs: Inputs, said: Said) -> list[str]:
    samples = inputs.counted.samples
    data, pending = ([one[name] for one in samples] for name in ("data_bytes", "pending_bytes"))
    note = said(
        "events_note",
        days=DEFAULTS.event_retention_days,
        count=len(samples),
        least=min(data),
        most=max(data),
        pending_least=min(pending),
        pending_most=f"{max(pending):,}",
        over=sum(size > KB for size in pending),
    )
    sizes = [
        [f"{one.content:,}", f"{one.units:.2f}", said.money(one.table), said.money(one.all)]
        for one in moving.by_size(inputs)
    ]
    heads = [said(name) for name in ("content", "units_each", "table_money", "total")]
    return [
        f"## {said('events')}",
        note,
        said.lines({"money": events(inputs, DEFAULTS)}),
        said("repeats_note", money=said.money(total(repeats(inputs, DEFAULTS)))),
        said("besides_note", **_besides(inputs, said)),
        f"### {said('sizes')}",
        said("sizes_note"),
        table(heads, sizes, left=0),
    ]


def _besides(inputs: Inputs, said: Said) -> dict[str, str]:
    prices = {"put": "bucket.put", "bucket": "bucket.gb_month", "http": "topics.http_delivery"}
    amounts = {"put": MILLION, "bucket": 1, "http": MILLION}
    return {name: said.money(inputs.prices[price].of(amounts[name])) for name, price in prices.items()}


def _notices(inputs: Inputs, said: Said) -> list[str]:
    columns = {name: notices(inputs, DEFAULTS, one) for name, one in STREAMS.items()}
    return [f"## {said('notices')}", said("notices_note"), said.lines(columns)]


def _month(inputs: Inputs, said: Said) -> list[str]:
    columns = {"idle": month(inputs, DEFAULTS), "busy": month(inputs, DEFAULTS, busy=True)}
    metrics = inputs.counted["stack"]["metrics"]
    money = said.money(inputs.prices["watching.metric_month"].of(metrics))
    note = said("month_note", metrics=metrics, money=money)
    return [f"## {said('month')}", note, said.lines(columns)]
