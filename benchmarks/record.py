"""What a run found, as results.json keeps it: pages, charts and the cost's arithmetic are made of it."""

import json
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, Row

RESULTS = Path(__file__).with_name("results.json")

type Record = Mapping[str, Any]
"""`rows` by their keys, in the table's order, and `details` by the measurement's name."""


def record_of(found: Mapping[str, Measured]) -> Record:
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "rows": {row.key: row.as_json() for one in found.values() for row in one.rows},
        "details": {name: one.details for name, one in found.items()},
    }


def machine() -> str:
    """The processor, its cores, and the interpreter that measured."""
    known = Path("/proc/cpuinfo")
    told = known.read_text("utf-8") if known.exists() else ""
    named = re.search(r"^model name\s*: (.+)$", told, re.MULTILINE)
    processor = named[1] if named else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"


def rows_of(record: Record) -> list[Row]:
    return [Row.of_json(key, given) for key, given in record["rows"].items()]


def read(path: Path = RESULTS) -> Record:
    record: Record = json.loads(path.read_text("utf-8"))
    return record


def write(record: Record, path: Path = RESULTS) -> None:
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
