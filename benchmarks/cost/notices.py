"""What a million notices cost, from the queue to the portal."""

from dataclasses import dataclass
from math import ceil

from benchmarks.cost.arithmetic import MILLION, Line, logging, milliseconds, running
from benchmarks.cost.counts import Counted, Printed
from benchmarks.cost.inputs import Inputs, Parameters
from benchmarks.cost.units import CHUNK, GB, MB, chunks

# As the code and the template have them; a test compares.
BATCH_LIMIT = 100
WORKERS = 4
RECORDS_LIMIT = 1000
_EVENT_BYTES = 6 * MB
_RECEIVED_AT_ONCE = 10


@dataclass(frozen=True)
class Stream:
    """How notices come: so many to an SQS message, so many a second while they come."""

    per_record: int
    per_second: float


@dataclass(frozen=True)
class Invocation:
    """What one invocation handles, on average."""

    records: float
    notices: float
    calls: float

    @classmethod
    def of(cls, inputs: Inputs, parameters: Parameters, stream: Stream, *, batched: bool) -> "Invocation":
        """What a poller collects in the window, as far as an invocation can carry it."""
        size = inputs.counted.record_bytes(stream.per_record) + inputs.assumed.record_overhead_bytes
        coming = stream.per_second / stream.per_record * parameters.notice_batch_window_seconds
        records = max(1.0, min(RECORDS_LIMIT, _EVENT_BYTES // size, coming / inputs.assumed.pollers))
        notices = records * stream.per_record
        return cls(records, notices, ceil(notices / BATCH_LIMIT) if batched else notices)


def notices(inputs: Inputs, parameters: Parameters, stream: Stream, *, batched: bool = True) -> list[Line]:
    """A million notices of one organisation, all accepted. Without `batched`, each is a call, in turn."""
    one = Invocation.of(inputs, parameters, stream, batched=batched)
    invocations = MILLION / one.notices
    workers = WORKERS if batched else 1
    measured = inputs.measured
    # What was measured of one notice holds a call, and of each further one a hundredth of a call.
    further = one.notices - 1
    calls = max(0.0, one.calls - 1 - further / BATCH_LIMIT)
    cpu = measured.notice_cpu_ms + further * measured.notice_cpu_ms_per_notice
    cpu += calls * measured.notice_cpu_ms_per_call
    each = milliseconds(inputs, parameters, cpu, ceil(one.calls / workers) * inputs.assumed.portal_ms)
    sent = inputs.counted["notices"]["1000"]["sent_bytes"] / 1000 * MILLION
    sent += inputs.assumed.call_overhead_bytes * one.calls * invocations
    return [
        *_queue(inputs, stream, one),
        *running(inputs, parameters, invocations, each),
        *logging(inputs, parameters, _printed(inputs.counted, one), invocations),
        Line("transfer", "transfer.portal", sent / GB, inputs.prices["transfer.gb_out"]),
    ]


def _queue(inputs: Inputs, stream: Stream, one: Invocation) -> list[Line]:
    """Sent one by one; received and deleted up to ten at once."""
    price, records = inputs.prices["queue.request"], MILLION / stream.per_record
    body = inputs.counted.record_bytes(stream.per_record)
    at_once = min(one.records, _RECEIVED_AT_ONCE)
    return [
        Line("queue", "queue.send", records * chunks(ceil(body)), price),
        Line("queue", "queue.receive", records / at_once * max(1.0, at_once * body / CHUNK), price),
        Line("queue", "queue.delete", records / at_once, price),
    ]


def _printed(counted: Counted, one: Invocation) -> Printed:
    """A line for a hundred accepted notices, and one of metrics, which is anew after a hundred calls."""
    single, hundred, thousand = (counted["notices"][count] for count in ("1", "100", "1000"))
    name = (hundred["told"]["bytes"] - single["told"]["bytes"]) / 99
    size = (thousand["metrics"]["bytes"] - hundred["metrics"]["bytes"]) / (thousand["calls"] - 1)
    told, metrics = ceil(one.notices / BATCH_LIMIT), max(1.0, one.calls / 100)
    return Printed(
        told_lines=told,
        told_bytes=told * (single["told"]["bytes"] - name) + one.notices * name,
        metric_lines=metrics,
        metric_bytes=metrics * single["metrics"]["bytes"] + (one.calls - 1) * size,
    )
