"""Publishes events on the topics of their tags."""

from typing import TYPE_CHECKING

from relay.aws import UnavailableError, aws_errors
from relay.events import Event

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


# What SNS says of a message that it will never take; all else is of its own, or of the configuration.
_REFUSALS = {"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException"}


class EventRefusedError(UnavailableError):
    """SNS refuses the event itself: answer 503 all the same, and set it aside when that happens again."""


class Publisher:
    """The topics whose ARNs are `prefix` and a slug."""

    def __init__(self, client: "SNSClient", prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        """Puts the event on its topic.

        Raises EventRefusedError, or UnavailableError: it may be there all the same.
        """
        try:
            with aws_errors():
                self._client.publish(
                    TopicArn=f"{self._prefix}{event.slug}",
                    Message=event.envelope,
                    MessageAttributes={
                        name: {"DataType": "String", "StringValue": value}
                        for name, value in event.attributes(replayed=replayed).items()
                    },
                )
        except UnavailableError as error:
            if error.code in _REFUSALS:
                raise EventRefusedError(error.code, error.operation) from error
            raise
