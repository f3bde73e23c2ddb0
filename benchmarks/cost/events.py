"""What a million events cost, from the API to their topics, for as long as they are kept."""

from math import ceil

from benchmarks.cost.arithmetic import MILLION, Line, kept_log, logging, milliseconds, running
from benchmarks.cost.counts import EventSizes, Printed
from benchmarks.cost.inputs import Inputs, Parameters
from benchmarks.cost.units import GB, ITEM_OVERHEAD, log_bytes, write_units


def events(inputs: Inputs, parameters: Parameters, sizes: EventSizes | None = None) -> list[Line]:
    """A million events, each delivered once; of the sizes of the samples unless told otherwise."""
    one, prices, assumed = sizes or inputs.counted.event, inputs.prices, inputs.assumed
    waits = assumed.put_ms + assumed.publish_ms + assumed.update_ms
    warm = milliseconds(inputs, parameters, inputs.measured.callback_cpu_ms, waits)
    lines = [
        Line("api", "api.request", MILLION, prices["api.rest_request"]),
        *running(inputs, parameters, MILLION, warm, start_cpu=inputs.measured.callback_start_cpu_ms),
        *_written(inputs, one),
        *_kept(inputs, parameters, one),
        Line("topics", "topics.publish", one.publish_chunks * MILLION, prices["topics.publish"]),
        *logging(inputs, parameters, one.printed, MILLION),
        Line("transfer", "transfer.answers", assumed.answer_bytes * MILLION / GB, prices["transfer.gb_out"]),
    ]
    if parameters.access_log:
        size = log_bytes(inputs.counted["access_line_bytes"], 1) * MILLION
        lines += kept_log(inputs, parameters, {"logs.access": size})
    return lines


def repeats(inputs: Inputs, parameters: Parameters) -> list[Line]:
    """A million repeats of published events; a write that is refused costs what the item in its way does."""
    one, prices, assumed = inputs.counted.event, inputs.prices, inputs.assumed
    calls = len(inputs.counted["repeat"]["calls"]) / len(inputs.counted.samples[0]["calls"])
    # One call of AWS in place of three: processor time goes by calls.
    cpu = inputs.measured.callback_cpu_ms * calls
    units = MILLION * write_units(ceil(one.item_bytes))
    start = inputs.measured.callback_start_cpu_ms
    warm = milliseconds(inputs, parameters, cpu, assumed.put_ms)
    return [
        Line("api", "api.request", MILLION, prices["api.rest_request"]),
        *running(inputs, parameters, MILLION, warm, start_cpu=start),
        Line("table", "table.claim", units, prices["table.write_unit"]),
        *logging(inputs, parameters, Printed.of(inputs.counted["repeat"]), MILLION),
        Line("transfer", "transfer.answers", assumed.answer_bytes * MILLION / GB, prices["transfer.gb_out"]),
    ]


def _written(inputs: Inputs, one: EventSizes) -> list[Line]:
    """The claim and the mark, and the entries of the two indexes, which are below 1 KB."""
    item, entry, price = one.write_units * MILLION, float(MILLION), inputs.prices["table.write_unit"]
    return [
        Line("table", "table.claim", item, price),
        Line("table", "table.mark", item, price),
        Line("table", "table.pending_in", entry, price),
        Line("table", "table.pending_out", entry, price),
        Line("table", "table.by_tag", entry, price),
    ]


def _kept(inputs: Inputs, parameters: Parameters, one: EventSizes) -> list[Line]:
    months = parameters.event_retention_days / inputs.assumed.month_days
    items = (one.item_bytes + ITEM_OVERHEAD) * MILLION / GB * months
    entries = (one.entry_bytes + ITEM_OVERHEAD) * MILLION / GB * months
    return [
        Line("kept", "kept.table", items + entries, inputs.prices["table.gb_month"]),
        Line("kept", "kept.recovery", items, inputs.prices["table.pitr_gb_month"]),
    ]
