"""Remembers which eventTag the gateway named for a dispatchId: its events themselves do not say."""

from hashlib import sha256
from typing import TYPE_CHECKING

from relay.aws import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Handshakes:
    """The handshakes in the event table, kept for good. All its methods raise UnavailableError."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def keep(self, dispatch_id: str, event_tag: str) -> None:
        """Adds the eventTag to those that were named for this dispatchId."""
        with aws_errors():
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": _key(dispatch_id)}},
                UpdateExpression="ADD eventTags :tag",
                ExpressionAttributeValues={":tag": {"SS": [event_tag]}},
            )

    def tag_of(self, dispatch_id: str) -> str | None:
        """Returns the eventTag that was named for this dispatchId.

        Returns None if there were several: the vendor's page does not say what a dispatchId stands for, and a
        wrong topic is worse than `unclassified`.
        """
        with aws_errors():
            answer = self._client.get_item(
                TableName=self._table, Key={"pk": {"S": _key(dispatch_id)}}, ConsistentRead=True
            )
        tags = answer.get("Item", {}).get("eventTags", {}).get("SS", [])
        return tags[0] if len(tags) == 1 else None


def _key(dispatch_id: str) -> str:
    # A key takes 2,048 bytes, and the vendor's page gives a dispatchId no limit.
    return f"handshake#{sha256(dispatch_id.encode()).hexdigest()}"
