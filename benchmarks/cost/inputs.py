"""What the arithmetic is given: prices, what was counted and measured, and what is taken for granted."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Self

from benchmarks.cost.counts import Counted
from benchmarks.cost.prices import Prices
from benchmarks.record import RESULTS, Record, read

# Where the benchmark's record has what is needed here, and what makes milliseconds of it.
_MEASURED: dict[str, tuple[tuple[str, ...], float]] = {
    "callback_cpu_ms": (("warm_callback", "callback_cpu_ms"), 1.0),
    "callback_start_cpu_ms": (("cold_start", "callback_cpu_ms"), 1.0),
    "notice_cpu_ms": (("notices", "cpu_us_per_notice", "1"), 0.001),
    "notice_cpu_ms_per_notice": (("notices", "cpu_us_per_notice", "1000"), 0.001),
    "notice_cpu_ms_per_call": (
        ("notices", "ways", "bare loop, one call per notice, 0 ms", "cpu_us_per_notice"),
        0.001,
    ),
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
    """Processor time on the machine that measured, in milliseconds."""

    callback_cpu_ms: float
    callback_start_cpu_ms: float
    notice_cpu_ms: float
    """Of an invocation with one notice."""
    notice_cpu_ms_per_notice: float
    """Of each further notice, with its share of a call."""
    notice_cpu_ms_per_call: float
    machine: str

    @classmethod
    def of(cls, record: Record) -> Self:
        found = {name: _value(record["details"], path) * scale for name, (path, scale) in _MEASURED.items()}
        return cls(**found, machine=record["machine"])


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
        return cls(Prices.load(), Counted.load(), Measured.of(read(results)), Assumed(**given["assumed"]))


def _value(record: Any, path: tuple[str, ...]) -> float:
    """The number at a path, or the middle one of a list there."""
    for name in path:
        record = record[name]
    return float(median(record)) if isinstance(record, list) else float(record)
