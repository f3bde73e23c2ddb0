"""Units times prices: lines of one thing each, and those that all functions have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from benchmarks.cost.counts import Printed
from benchmarks.cost.inputs import Inputs, Parameters
from benchmarks.cost.prices import Price
from benchmarks.cost.units import GB, log_bytes

MILLION = 1_000_000


@dataclass(frozen=True)
class Line:
    """So many units at a price. `part` is the service that it belongs to, `name` its name in the texts."""

    part: str
    name: str
    units: float
    price: Price

    @property
    def cost(self) -> float:
        return self.price.of(self.units)


def total(lines: Iterable[Line]) -> float:
    return sum(line.cost for line in lines)


def merged(lines: Iterable[Line]) -> list[Line]:
    """Lines of one name made one."""
    found: dict[str, Line] = {}
    for line in lines:
        known = found.get(line.name)
        found[line.name] = replace(known, units=known.units + line.units) if known else line
    return list(found.values())


def by_part(lines: Iterable[Line]) -> dict[str, float]:
    """Money by service."""
    found: dict[str, float] = {}
    for line in lines:
        found[line.part] = found.get(line.part, 0.0) + line.cost
    return found


def milliseconds(inputs: Inputs, parameters: Parameters, cpu: float, waits: float) -> int:
    """What Lambda bills: processor time on the share of a processor that the memory brings, and waits."""
    share = min(1.0, parameters.memory_mb / inputs.assumed.processor_mb)
    return ceil(cpu * inputs.assumed.core / share + waits)


def running(
    inputs: Inputs,
    parameters: Parameters,
    invocations: float,
    each: float,
    *,
    start_cpu: float = 0.0,
    name: str = "lambda",
) -> list[Line]:
    """Invocations of so many milliseconds each, the starts of containers, and traces of them."""
    prices, gb = inputs.prices, parameters.memory_mb / 1024
    rate = prices[f"lambda.{parameters.architecture}_gb_second"]
    lines = [
        Line("lambda", f"{name}.request", invocations, prices["lambda.request"]),
        Line("lambda", f"{name}.time", invocations * each / 1000 * gb, rate),
    ]
    if start_cpu:
        starts = invocations * inputs.assumed.cold_share
        start = milliseconds(inputs, parameters, start_cpu, 0.0)
        if parameters.snap_start:
            start = milliseconds(inputs, parameters, 0.0, inputs.assumed.restore_ms)
            lines.append(Line("lambda", "lambda.restored", starts * gb, prices["lambda.restored_gb"]))
        lines.append(Line("lambda", f"{name}.starts", starts * start / 1000 * gb, rate))
    if parameters.tracing:
        traced = invocations * inputs.assumed.traced_share
        lines.append(Line("tracing", "tracing.trace", traced, prices["tracing.trace"]))
    return lines


def logging(inputs: Inputs, parameters: Parameters, printed: Printed, invocations: float) -> list[Line]:
    """What so many invocations write: lines of ours, of metrics, and Lambda's own three."""
    own = inputs.counted["lambda_lines"]
    written = {
        "told": log_bytes(printed.told_bytes, printed.told_lines) if parameters.tells else 0.0,
        "metrics": log_bytes(printed.metric_bytes, printed.metric_lines),
        "lambda": log_bytes(own["bytes"], own["lines"]),
    }
    sizes = {f"logs.{kind}": size * invocations for kind, size in written.items() if size}
    return kept_log(inputs, parameters, sizes)


def kept_log(inputs: Inputs, parameters: Parameters, sizes: Mapping[str, float]) -> list[Line]:
    """Logs of so many bytes by name, taken in and kept."""
    months = parameters.log_retention_days / inputs.assumed.month_days
    kept = sum(sizes.values()) / GB * inputs.assumed.log_compression * months
    price = inputs.prices["watching.log_gb"]
    return [
        *(Line("logs", name, size / GB, price) for name, size in sizes.items()),
        Line("logs", "logs.kept", kept, inputs.prices["watching.log_gb_month"]),
    ]
