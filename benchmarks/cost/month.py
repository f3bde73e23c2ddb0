"""What a month costs without an event or a notice, and with some in every hour."""

from benchmarks.cost.arithmetic import Line, logging, milliseconds, running
from benchmarks.cost.counts import Printed
from benchmarks.cost.inputs import Inputs, Parameters
from benchmarks.cost.units import read_units

_SWEEPS_A_DAY, _RETRIES_A_DAY = 288, 96
_READS_OF_SECRETS = 2


def month(inputs: Inputs, parameters: Parameters, *, busy: bool = False) -> list[Line]:
    """A month of the stack as it stands; `busy`: with an event of every topic and a notice in every hour."""
    prices, stack = inputs.prices, inputs.counted["stack"]
    polls = inputs.assumed.month_days * 86_400 / inputs.assumed.poll_seconds * inputs.assumed.pollers
    return [
        Line("watching", "month.metrics", _metrics(inputs, busy), prices["watching.metric_month"]),
        Line("watching", "month.dashboard", stack["dashboards"], prices["watching.dashboard_month"]),
        Line("watching", "month.alarms", stack["alarms"], prices["watching.alarm_month"]),
        Line("secrets", "month.secrets", stack["secrets"], prices["secrets.secret_month"]),
        Line("queue", "month.polls", polls, prices["queue.request"]),
        Line("keys", "month.keys", _key_requests(inputs, busy), prices["keys.request"]),
        *_scheduled(inputs, parameters),
        *_snapshot(inputs, parameters),
    ]


def _snapshot(inputs: Inputs, parameters: Parameters) -> list[Line]:
    """One version of the callback, which alone starts from one."""
    kept = inputs.assumed.month_days * 86_400 * parameters.memory_mb / 1024
    price = inputs.prices["lambda.snapshot_gb_second"]
    return [Line("lambda", "month.snapshot", kept, price)] if parameters.snap_start else []


def _scheduled(inputs: Inputs, parameters: Parameters) -> list[Line]:
    """Recovery's sweeps and the looks at the failed list, with nothing to do."""
    prices, assumed, idle = inputs.prices, inputs.assumed, inputs.counted["idle"]
    sweeps, retries = (assumed.month_days * times for times in (_SWEEPS_A_DAY, _RETRIES_A_DAY))
    queries = sweeps * idle["sweep"]["calls"]["Query"] * read_units(0)
    # Waits, nearly all of it.
    sweep, retry = (milliseconds(inputs, parameters, 0, ms) for ms in (assumed.sweep_ms, assumed.retry_ms))
    return [
        Line("schedules", "month.schedules", sweeps + retries, prices["schedules.invocation"]),
        *running(inputs, parameters, sweeps, sweep, name="month"),
        *running(inputs, parameters, retries, retry, name="month"),
        Line("table", "month.queries", queries, prices["table.read_unit"]),
        Line("secrets", "month.secret_calls", retries * _READS_OF_SECRETS, prices["secrets.call"]),
        *logging(inputs, parameters, Printed.of(idle["sweep"]), sweeps),
        *logging(inputs, parameters, Printed.of(idle["retry"]), retries),
    ]


def _metrics(inputs: Inputs, busy: bool) -> int:
    """Metrics that are sent in every hour, each by the function that sends it."""
    counted = inputs.counted
    sent = {"recovery": counted["idle"]["sweep"], "gateway": counted["idle"]["retry"]}
    if busy:
        sent |= {"callback": counted.samples[0], "notice": counted["notices"]["1"]}
    return sum(len(one["metric_names"]) for one in sent.values())


def _key_requests(inputs: Inputs, busy: bool) -> float:
    """A data key of the table for recovery; of each topic two requests, one to take it and one to use it."""
    periods = inputs.assumed.month_days * 86_400 / inputs.assumed.data_key_seconds
    return periods + (2 * periods * inputs.counted["stack"]["topics"] if busy else 0)
