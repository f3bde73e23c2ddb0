"""Remembers which eventTag the gateway named for a dispatchId: its events themselves do not say."""

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from relay.aws import aws_errors
from relay.settings import Clock
from relay.table import Item, number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The gateway shakes hands when a callback is registered, maybe years ago: a use in the second half renews it.
KEPT_SECONDS = 180 * 86_400


class _Named(NamedTuple):
    """An eventTag that was named for a dispatchId; sorts by when that was first."""

    since: int
    until: int
    event_tag: str


class Handshakes:
    """The handshakes in the event table. All its methods raise UnavailableError."""

    def __init__(self, client: "DynamoDBClient", table: str, *, clock: Clock = time.time) -> None:
        self._client, self._table, self._clock = client, table, clock

    def keep(self, dispatch_id: str, event_tag: str) -> None:
        """Keeps, from now on for KEPT_SECONDS, that this eventTag was named for this dispatchId."""
        now = int(self._clock())
        with aws_errors():
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": _key(dispatch_id)}},
                UpdateExpression="SET #since = if_not_exists(#since, :now), #until = :until,"
                " expiresAt = :until",
                ExpressionAttributeNames={"#since": f"{_SINCE}{event_tag}", "#until": f"{_UNTIL}{event_tag}"},
                ExpressionAttributeValues={":now": number(now), ":until": number(now + KEPT_SECONDS)},
            )

    def tag_of(self, dispatch_id: str, content_tag: str | None = None) -> str | None:
        """Returns the eventTag that was named for this dispatchId.

        Of several it is the one that the content names too, or else the first: a handshake with another's
        dispatchId takes nothing away from it. Returns None if there was none.
        """
        now = int(self._clock())
        with aws_errors():
            answer = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": _key(dispatch_id)}}, ConsistentRead=True
            )
        named = sorted(_named(answer.get("Item", {}), now))
        chosen = next((one for one in named if one.event_tag == content_tag), named[0] if named else None)
        if chosen is None:
            return None
        if chosen.until - now < KEPT_SECONDS / 2:
            self.keep(dispatch_id, chosen.event_tag)
        return chosen.event_tag


_SINCE, _UNTIL = "since ", "until "


def _named(item: Item, now: int) -> Iterator[_Named]:
    """Yields what an item says and the table has only not deleted yet left out."""
    for name, value in item.items():
        if name.startswith(_UNTIL) and int(value["N"]) > now:
            event_tag = name.removeprefix(_UNTIL)
            yield _Named(int(item[f"{_SINCE}{event_tag}"]["N"]), int(value["N"]), event_tag)
    # As it was kept before handshakes had a time. Which of several was the first is not known.
    before = item.get("eventTags", {}).get("SS", ())
    if len(before) == 1 and f"{_UNTIL}{before[0]}" not in item:
        yield _Named(0, now, before[0])


def _key(dispatch_id: str) -> str:
    # A key takes 2,048 bytes, and the vendor's page gives a dispatchId no limit.
    return f"handshake#{sha256(dispatch_id.encode()).hexdigest()}"
