"""The event table: the item that keeps an event, the two indexes over the items, and how both are asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import compress, crc32, decompress

from botocore.exceptions import ClientError

from relay.aws import aws_errors
from relay.events import Event, KeptBody

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# An index key takes 1,000 writes a second, and an event is two on `pending`: room for 16,000 events a second.
SHARDS = 32

# The table counts what is written, by the put and by the mark, in units of so many bytes.
WRITE_UNIT = 1024

# An event of a few KB is as small by 4 as by zlib's 9. 4.4 MB of two letters at random take 0.07 s, and 11 s.
DEFLATE_LEVEL = 4

type Item = Mapping[str, Mapping[str, Any]]

_SET_ASIDE = "setaside#"
# An index key is never empty, and a time begins with a digit of its year.
_EARLIEST, _LATEST = "0", "9"


@dataclass(frozen=True, slots=True)
class Index:
    """An index whose keys are a shard and a time of receiving, as `relay.events.timestamp` has it."""

    name: str
    attribute: str
    """The item's attribute that names its shard; an item without it is not on the index."""


PENDING = Index("pending", "pendingShard")
"""Events that are kept and not published; those that are set aside in shards of their own."""
BY_TAG = Index("by-tag", "tagShard")
"""Every event, by its topic."""


def pending_shard(number: int) -> str:
    """Returns the key of one of the SHARDS of PENDING."""
    return f"pending#{number}"


def set_aside_shard(number: int) -> str:
    """Returns the key of one of the SHARDS of PENDING that hold what SNS refuses for good."""
    return f"{_SET_ASIDE}{number}"


def is_set_aside(item: Item) -> bool:
    """Returns whether an item keeps an event that SNS refuses for good."""
    return (_text(item, PENDING.attribute) or "").startswith(_SET_ASIDE)


def tag_shard(slug: str, number: int) -> str:
    """Returns the key of one of a topic's SHARDS of BY_TAG."""
    return f"{slug}#{number}"


def shard_of(event_id: str) -> int:
    """Returns which of the SHARDS of an index an event is on."""
    return crc32(event_id.encode()) % SHARDS


@dataclass(frozen=True, slots=True)
class Entries:
    """What an index answered: keys and times, and where the next answer begins; None at the shard's end."""

    items: list[dict[str, Any]]
    count: int
    following: dict[str, Any] | None

    @property
    def received_at(self) -> str | None:
        """When the first of them was received."""
        return next((str(item["receivedAt"]["S"]) for item in self.items), None)


class EventIndexes:
    """Both indexes, read. Its methods raise UnavailableError."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def query(
        self,
        index: Index,
        shard: str,
        *,
        since: str = "",
        until: str = _LATEST,
        limit: int,
        start: Mapping[str, Any] | None = None,
        newest_first: bool = False,
    ) -> Entries:
        """Returns at most `limit` entries of a shard, `since` and `until` included, from after `start` on."""
        if since > until:
            # DynamoDB refuses such a range.
            return Entries([], 0, None)
        how: dict[str, Any] = {"ExclusiveStartKey": start} if start else {}
        how |= {"ScanIndexForward": False} if newest_first else {}
        return self._ask(index, shard, since, until, Limit=limit, **how)

    def count(self, index: Index, shard: str, *, until: str) -> Entries:
        """Returns only how many entries there are, as far as one answer of the table counts."""
        return self._ask(index, shard, "", until, Select="COUNT")

    def _ask(self, index: Index, shard: str, since: str, until: str, **how: Any) -> Entries:
        with aws_errors():
            answer = self._client.query(
                TableName=self._table,
                IndexName=index.name,
                KeyConditionExpression="#shard = :shard AND receivedAt BETWEEN :since AND :until",
                ExpressionAttributeNames={"#shard": index.attribute},
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":since": {"S": since or _EARLIEST},
                    ":until": {"S": until},
                },
                **how,
            )
        items = answer.get("Items", [])
        return Entries(items, answer.get("Count", len(items)), answer.get("LastEvaluatedKey"))


class ConditionFailedError(Exception):
    """The table refused a conditional write; `item` is what it has instead, empty for nothing."""

    def __init__(self, item: Item) -> None:
        super().__init__("condition failed")
        self.item = item


def event_of(item: Item) -> Event:
    """Returns the event that an item keeps."""
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
    """Returns the item that keeps an event while it is pending, without its claim and expiry."""
    given = {"tenantId": event.tenant_id, "correlationId": event.correlation_id}
    shard = shard_of(event.id)
    return {
        "eventId": {"S": event.id},
        "eventTag": {"S": event.event_tag},
        "slug": {"S": event.slug},
        "receivedAt": {"S": event.received_at},
        "envelope": {"S": event.envelope},
        PENDING.attribute: {"S": pending_shard(shard)},
        BY_TAG.attribute: {"S": tag_shard(event.slug, shard)},
        **{name: {"S": value} for name, value in given.items() if value},
    }


def body_of(item: Item) -> KeptBody | None:
    """Returns the body that is kept with an item's event; None where the content is its own copy."""
    kept = item.get("body")
    if not kept:
        return None
    return KeptBody(_text(item, "contentType"), deflated=kept.get("B", b""), key=kept.get("S"))


def body_attributes(body: KeptBody | None) -> dict[str, Any]:
    """Returns the attributes of an item by which it keeps a body."""
    if body is None:
        return {}
    kept = {"S": body.key} if body.key else {"B": body.deflated}
    return {"body": kept} | ({"contentType": {"S": body.content_type}} if body.content_type else {})


def packed(item: dict[str, Any]) -> dict[str, Any]:
    """Returns the item as it is to be written: its envelope as text if that fits one unit, else deflated."""
    if sum(len(name) + _size(value) for name, kind in item.items() for value in kind.values()) <= WRITE_UNIT:
        return item
    return {**item, "envelope": {"B": compress(item["envelope"]["S"].encode(), DEFLATE_LEVEL)}}


def _size(value: str | bytes) -> int:
    return len(value.encode() if isinstance(value, str) else value)


def _unpacked(envelope: Mapping[str, Any]) -> str:
    return str(envelope["S"]) if "S" in envelope else decompress(envelope["B"]).decode()


def _text(item: Item, name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None


@contextmanager
def conditional_write() -> Iterator[None]:
    """Turn a refused condition into ConditionFailedError, and any other fault into UnavailableError."""
    with aws_errors():
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            response: Mapping[str, Any] = error.response
            raise ConditionFailedError(response.get("Item", {})) from error


def number(value: int) -> dict[str, str]:
    """Returns an integer as the table has it."""
    return {"N": str(value)}
