"""Which parameter moves the cost, and what else could: each change computed, nothing said in words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.cost.arithmetic import MILLION, Line, total
from benchmarks.cost.counts import EventSizes
from benchmarks.cost.events import events
from benchmarks.cost.inputs import Inputs, Parameters
from benchmarks.cost.month import month
from benchmarks.cost.notices import BATCH_LIMIT, Stream, notices
from benchmarks.cost.units import GB, ITEM_OVERHEAD

# A million in a month, evenly; many at once; many at once as `enqueue` packs them.
TRICKLE, BURST, PACKED = Stream(1, 0.38), Stream(1, 100), Stream(100, 100)
STREAMS = {"trickle": TRICKLE, "burst": BURST, "packed": PACKED}
DEFAULTS = Parameters()
_CHANGES: tuple[tuple[str, str, Parameters], ...] = (
    ("Architecture", "x86_64", replace(DEFAULTS, architecture="x86_64")),
    ("EventRetentionDays", "30", replace(DEFAULTS, event_retention_days=30)),
    ("EventRetentionDays", "365", replace(DEFAULTS, event_retention_days=365)),
    ("LogLevel", "WARNING", replace(DEFAULTS, log_level="WARNING")),
    ("LogRetentionDays", "7", replace(DEFAULTS, log_retention_days=7)),
    ("LogRetentionDays", "365", replace(DEFAULTS, log_retention_days=365)),
    ("AccessLog", "Existing", replace(DEFAULTS, access_log=True)),
    ("Tracing", "Active", replace(DEFAULTS, tracing=True)),
    ("SnapStart", "On", replace(DEFAULTS, snap_start=True)),
    ("NoticeBatchWindowSeconds", "1", replace(DEFAULTS, notice_batch_window_seconds=1)),
    ("NoticeBatchWindowSeconds", "60", replace(DEFAULTS, notice_batch_window_seconds=60)),
    ("MemorySize", "256", replace(DEFAULTS, memory_mb=256)),
    ("MemorySize", "1024", replace(DEFAULTS, memory_mb=1024)),
    ("MemorySize", "1769", replace(DEFAULTS, memory_mb=1769)),
)


@dataclass(frozen=True)
class Moved:
    """What a parameter's value changes: money for a million events, a million notices, and a month."""

    parameter: str
    value: str
    events: float
    trickle: float
    burst: float
    month: float


def moved(inputs: Inputs) -> list[Moved]:
    """Against the defaults of template.yaml; first how many notices an application puts into a record."""
    before = _totals(inputs, DEFAULTS)
    packed = _totals(inputs, DEFAULTS, per_record=BATCH_LIMIT)
    return [
        Moved(
            "per_record", str(BATCH_LIMIT), *(now - then for now, then in zip(packed, before, strict=True))
        ),
        *_changed(inputs, before),
    ]


def _changed(inputs: Inputs, before: tuple[float, ...]) -> list[Moved]:
    return [
        Moved(name, value, *(now - then for now, then in zip(_totals(inputs, given), before, strict=True)))
        for name, value, given in _CHANGES
    ]


def _totals(inputs: Inputs, parameters: Parameters, per_record: int = 1) -> tuple[float, ...]:
    return (
        total(events(inputs, parameters)),
        *(
            total(notices(inputs, parameters, replace(one, per_record=per_record)))
            for one in (TRICKLE, BURST)
        ),
        total(month(inputs, parameters)),
    )


@dataclass(frozen=True)
class Size:
    """Events with so many bytes of content: write units for each, and money for a million."""

    content: int
    units: float
    table: float
    all: float


def by_size(inputs: Inputs) -> Iterator[Size]:
    """Events like the samples, with more or less in them."""
    data = [one["data_bytes"] for one in inputs.counted.samples]
    mean = round(sum(data) / len(data))
    for content in (100, mean, 500, 1_000, 2_000, 5_000, 20_000):
        lines = events(inputs, DEFAULTS, inputs.counted.events_of(content - mean))
        written = [line for line in lines if line.part == "table"]
        units = sum(line.units for line in written) / MILLION
        table = total(line for line in lines if line.part in ("table", "kept"))
        yield Size(content, units, table, total(lines))


def by_the_docs(inputs: Inputs, *, recovers: bool) -> list[Line]:
    """The writes of a stack with an idempotency table: begin and end there, and the event kept beside it.

    `recovers`: with what recovery and replay need besides, a mark on the event and entries in two indexes.
    """
    one: EventSizes = inputs.counted.event
    price, million = inputs.prices["table.write_unit"], float(MILLION)
    lines = [
        Line("table", "docs.begin", million, price),
        Line("table", "docs.keep", one.write_units * million, price),
        Line("table", "docs.end", million, price),
    ]
    if recovers:
        lines += [
            Line("table", "table.mark", one.write_units * million, price),
            Line("table", "table.pending_in", million, price),
            Line("table", "table.pending_out", million, price),
            Line("table", "table.by_tag", million, price),
        ]
    return lines


def infrequent_access_days(inputs: Inputs) -> float:
    """How long events must be kept for table class Standard-IA to be the cheaper: writing is dearer there."""
    one, prices = inputs.counted.event, inputs.prices
    units = (2 * one.write_units + 3) * MILLION
    dearer = prices["table.infrequent_write_unit"].of(units) - prices["table.write_unit"].of(units)
    kept = (one.item_bytes + one.entry_bytes + 2 * ITEM_OVERHEAD) * MILLION / GB
    saved = prices["table.gb_month"].of(kept) - prices["table.infrequent_gb_month"].of(kept)
    return dearer / saved * inputs.assumed.month_days
