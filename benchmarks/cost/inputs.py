"""What the arithmetic is given: prices, what was counted and measured, and what is taken for granted."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

from benchmarks.cost.counts import Counted
from benchmarks.cost.prices import Prices

# The benchmark's record. Its `details` hold what was measured, by the name of the measurement.
RESULTS = Path(__file__).parent.parent / "results.json"
# Where the record has a value, and what makes milliseconds of it.
_MEASURED: dict[str, tuple[tuple[str, ...], float]] = {
    "callback_cpu_ms": (("warm_callback", "callback_cpu_ms"), 1.0),
    "callback_start_cpu_ms": (("cold_start", "callback_cpu_ms"), 1.0),
    # Of a notice in an event of a thousand, its share of a call among it.
    "notice_cpu_ms_per_notice": (("notices", "cpu_us_per_notice", "1000"), 0.001),
}


@dataclass(frozen=True)
class Parameters:
    """The parameters of template.yaml that cost something, and the memory, which is none."""

    architecture: str = "arm64"
    memory_mb: int = 512
    log_level: str = "INFO"
    log_retention_days: int = 30
    access_log: bool = False
    event_retention_days: int = 90
    notice_batch_window_seconds: int = 5
    tracing: bool = False
    snap_start: bool = False

    @property
    def tells(self) -> bool:
        """Whether lines about what went well are written."""
        return self.log_level in ("DEBUG", "INFO")


@dataclass(frozen=True)
class Measured:
    """Processor time on the machine that measured, in milliseconds; `placeholders` were not measured yet."""

    callback_cpu_ms: float
    callback_start_cpu_ms: float
    notice_cpu_ms: float
    notice_cpu_ms_per_call: float
    notice_cpu_ms_per_notice: float
    machine: str
    placeholders: frozenset[str]


@dataclass(frozen=True)
class Assumed:
    """As inputs.toml explains them."""

    processor_mb: int
    core: float
    put_ms: float
    update_ms: float
    publish_ms: float
    portal_ms: float
    sweep_ms: float
    retry_ms: float
    cold_share: float
    restore_ms: float
    pollers: int
    poll_seconds: int
    record_overhead_bytes: int
    answer_bytes: int
    call_overhead_bytes: int
    month_days: float
    log_compression: float
    traced_share: float
    data_key_seconds: int


@dataclass(frozen=True)
class Inputs:
    """All of them."""

    prices: Prices
    counted: Counted
    measured: Measured
    assumed: Assumed

    @classmethod
    def load(cls, results: Path = RESULTS) -> Self:
        given = tomllib.loads(Path(__file__).with_name("inputs.toml").read_text("utf-8"))
        record = json.loads(results.read_text("utf-8")) if results.exists() else {}
        measured = measured_of(given["placeholder"], record)
        return cls(Prices.load(), Counted.load(), measured, Assumed(**given["assumed"]))


def measured_of(placeholder: Mapping[str, Any], record: Mapping[str, Any]) -> Measured:
    """What the benchmark's record has, and placeholders for the rest."""
    found: dict[str, Any] = {
        name: value * scale
        for name, (path, scale) in _MEASURED.items()
        if (value := _value(record.get("details"), path)) is not None
    }
    missing = frozenset(placeholder.keys() - found.keys() - {"machine"})
    if found and (machine := record.get("machine")):
        found["machine"] = machine if isinstance(machine, str) else ", ".join(map(str, machine.values()))
    return Measured(**{**placeholder, **found}, placeholders=missing)


def _value(record: Any, path: tuple[str, ...]) -> float | None:
    """The number at a path, or the middle one of a list there."""
    for name in path:
        record = record.get(name) if isinstance(record, Mapping) else None
    if isinstance(record, list):
        return float(median(record))
    return None if record is None else float(record)
