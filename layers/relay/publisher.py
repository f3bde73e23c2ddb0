"""Publishes events on the topics of their tags."""

from typing import TYPE_CHECKING

from relay.aws import aws_errors
from relay.events import Event

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Publisher:
    """The topics whose ARNs are `prefix` and a slug."""

    def __init__(self, client: "SNSClient", prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        """Puts the event on its topic. Raises UnavailableError: it may be there all the same."""
        with aws_errors():
            self._client.publish(
                TopicArn=f"{self._prefix}{event.slug}",
                Message=event.envelope,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in event.attributes(replayed=replayed).items()
                },
            )
