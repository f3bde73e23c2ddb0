"""AWS's own ways of counting: what is rounded up to what, before it is multiplied by a price."""

from collections.abc import Mapping
from math import ceil
from typing import Any

KB = 1024
MB = KB * KB
GB = 1_000_000_000
"""Of logs, storage and transfer; where AWS means the larger binary one, the bill is up to 7 % less."""
CHUNK = 64 * KB
LINE_OVERHEAD = 26
"""Bytes that CloudWatch Logs counts for each line, besides its text."""
ITEM_OVERHEAD = 100
"""Bytes of storage that DynamoDB counts for each item of a table or index, besides the item."""


def write_units(size: int) -> int:
    """Write request units of an item of `size` bytes; of an update, the larger of before and after counts."""
    return max(1, ceil(size / KB))


def read_units(size: int, *, consistent: bool = False) -> float:
    """Read request units of a read of `size` bytes; one that finds nothing counts as the smallest."""
    return max(1, ceil(size / (4 * KB))) * (1.0 if consistent else 0.5)


def chunks(size: int) -> int:
    """Requests that SNS and SQS bill for one of `size` bytes."""
    return max(1, ceil(size / CHUNK))


def log_bytes(text_bytes: float, lines: float) -> float:
    """What CloudWatch Logs counts for so many lines of so many bytes together."""
    return text_bytes + LINE_OVERHEAD * lines


def item_bytes(item: Mapping[str, Mapping[str, Any]]) -> int:
    """The size of an item: its attributes' names and values in UTF-8."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    match value:
        case {"S": str(text)}:
            return len(text.encode())
        case {"N": str(digits)}:
            # One byte for two digits, and one more; zeros at the end, which cost nothing, are not looked for.
            return ceil(len(digits) / 2) + 1
        case {"B": bytes(data)}:
            return len(data)
        case {"SS": list(texts)}:
            return 3 + sum(1 + len(text.encode()) for text in texts)
    raise ValueError(f"an attribute of a kind that the relay does not write: {set(value)}")
