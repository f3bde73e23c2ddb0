"""What was counted in the code, as counted.json has it."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Self

from benchmarks.cost.units import chunks, write_units

COUNTED = Path(__file__).with_name("counted.json")


@dataclass(frozen=True)
class Printed:
    """What an invocation writes into its log: lines about what went well, and lines of metrics."""

    told_lines: float
    told_bytes: float
    metric_lines: float
    metric_bytes: float

    @classmethod
    def of(cls, counted: Mapping[str, Any]) -> Self:
        told, metrics = counted["told"], counted["metrics"]
        return cls(told["lines"], told["bytes"], metrics["lines"], metrics["bytes"])


@dataclass(frozen=True)
class EventSizes:
    """Events as the table, its index and their topics have them: a mean."""

    write_units: float
    """Of a write of the item: pending it is larger than published, and that is what counts both times."""
    publish_chunks: float
    item_bytes: float
    entry_bytes: float
    printed: Printed


@dataclass(frozen=True)
class Counted:
    """The counts by name, and what follows from them."""

    raw: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path = COUNTED) -> Self:
        return cls(json.loads(path.read_text("utf-8")))

    def __getitem__(self, name: str) -> Any:
        return self.raw[name]

    @property
    def samples(self) -> list[dict[str, Any]]:
        """The sample events of events/."""
        return list(self.raw["samples"].values())

    @property
    def event(self) -> EventSizes:
        return self.events_of(0)

    def events_of(self, more: int) -> EventSizes:
        """The sample events with so many bytes more of content each."""
        printed = [astuple(Printed.of(one)) for one in self.samples]
        largest = (max(one["pending_bytes"], one["published_bytes"]) for one in self.samples)
        return EventSizes(
            write_units=fmean(write_units(size + more) for size in largest),
            publish_chunks=fmean(chunks(one["message_bytes"] + more) for one in self.samples),
            item_bytes=fmean(one["published_bytes"] for one in self.samples) + more,
            entry_bytes=fmean(one["entry_bytes"] for one in self.samples),
            printed=Printed(*(fmean(values) for values in zip(*printed, strict=True))),
        )

    def record_bytes(self, per_record: int) -> float:
        """The body of an SQS message of so many notices, by those of one and of a hundred."""
        one, hundred = (self.raw["notices"][count]["record_bytes"] for count in ("1", "100"))
        return float(one + (hundred - one) * (per_record - 1) / 99)
