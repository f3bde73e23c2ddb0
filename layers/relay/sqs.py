"""What SQS takes: which characters, how many bytes, how many messages in a request; and one such request."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

REQUEST_ENTRIES = 10
# SQS takes 1 MiB, a message or a request of them; it took 256 KiB until 2025, and some partitions may still.
# A request stays below the old limit, and so does a message whose body does.
REQUEST_BYTES = 262_144
MESSAGE_BYTES = (262_144, 1_048_576)
MESSAGE_ATTRIBUTES = 10

# SQS takes tab, line feed, carriage return, and from U+0020 on all but surrogates, U+FFFE and U+FFFF.
# Compiled at its first use: it would be the slowest line of a cold start.
_NOT_TAKEN = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def takes(text: str) -> bool:
    """Whether SQS takes each character of `text`."""
    return re.search(_NOT_TAKEN, text) is None


def cleaned(text: str) -> str:
    """`text` with U+FFFD for each character that SQS does not take."""
    return re.sub(_NOT_TAKEN, "\ufffd", text)


def escaped(json: str) -> str:
    """Returns JSON in which what SQS does not take is an escape."""
    return re.sub(_NOT_TAKEN, lambda found: f"\\u{ord(found[0]):04x}", json)


def attribute_bytes(name: str, value: str | bytes, data_type: str = "String") -> int:
    """What an attribute adds to its message's size."""
    return len(f"{name}{data_type}".encode()) + len(value.encode() if isinstance(value, str) else value)


def in_requests[Item](items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """The items that go into one batch request each; one that is over the request's limit is alone in it."""
    request: list[Item] = []
    total = 0
    for item in items:
        more = size(item)
        if request and (len(request) == REQUEST_ENTRIES or total + more > REQUEST_BYTES):
            yield request
            request, total = [], 0
        request.append(item)
        total += more
    if request:
        yield request


def call(operation: Callable[..., Any], entries: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Returns SQS's codes for the entries that it did not take, by position, after one batch request.

    `operation` is a client's batch call with its QueueUrl; the entries get their Id here. Raises botocore's
    errors.
    """
    numbered = [{"Id": str(position), **entry} for position, entry in enumerate(entries)]
    return {int(one["Id"]): one["Code"] for one in operation(Entries=numbered).get("Failed", ())}
