"""An event as an item of the table, and the table's conditional writes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from zlib import compress, crc32, decompress

from botocore.exceptions import ClientError

from relay.aws import aws_errors
from relay.events import Event

# An index key takes 1,000 writes a second, and an event is two on `pending`: room for 16,000 events a second.
SHARDS = 32

# The table counts what is written, by the put and by the mark, in units of so many bytes.
WRITE_UNIT = 1024

type Item = Mapping[str, Mapping[str, Any]]


class ConditionFailedError(Exception):
    """The table refused a conditional write; `item` is what it has instead, empty for nothing."""

    def __init__(self, item: Item) -> None:
        super().__init__("condition failed")
        self.item = item


def event_of(item: Item) -> Event:
    """The event that an item of the table keeps."""
    return Event(
        id=item["eventId"]["S"],
        event_tag=item["eventTag"]["S"],
        slug=item["slug"]["S"],
        received_at=item["receivedAt"]["S"],
        envelope=_unpacked(item["envelope"]),
        tenant_id=_text(item, "tenantId"),
        correlation_id=_text(item, "correlationId"),
    )


def item_of(event: Event) -> dict[str, Any]:
    """An event as the table keeps it while it is pending; without its claim and expiry."""
    given = {"tenantId": event.tenant_id, "correlationId": event.correlation_id}
    shard = shard_of(event.id)
    return {
        "eventId": {"S": event.id},
        "eventTag": {"S": event.event_tag},
        "slug": {"S": event.slug},
        "receivedAt": {"S": event.received_at},
        "envelope": {"S": event.envelope},
        "pendingShard": {"S": f"pending#{shard}"},
        "tagShard": {"S": f"{event.slug}#{shard}"},
        **{name: {"S": value} for name, value in given.items() if value},
    }


def packed(item: dict[str, Any]) -> dict[str, Any]:
    """The item as it is to be written: its envelope as text if it fits into one unit so, else deflated."""
    if (
        sum(len(name) + len(value.encode()) for name, kind in item.items() for value in kind.values())
        <= WRITE_UNIT
    ):
        return item
    return {**item, "envelope": {"B": compress(item["envelope"]["S"].encode(), 9)}}


def _unpacked(envelope: Mapping[str, Any]) -> str:
    return str(envelope["S"]) if "S" in envelope else decompress(envelope["B"]).decode()


def shard_of(event_id: str) -> int:
    """Which of the SHARDS of an index an event is on."""
    return crc32(event_id.encode()) % SHARDS


def _text(item: Item, name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None


@contextmanager
def conditional_write() -> Iterator[None]:
    """Turns a refused condition into ConditionFailedError, and any other fault into UnavailableError."""
    with aws_errors():
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            response: Mapping[str, Any] = error.response
            raise ConditionFailedError(response.get("Item", {})) from error


def number(value: int) -> dict[str, str]:
    """An integer as the table has it."""
    return {"N": str(value)}
