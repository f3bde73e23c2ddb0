"""Claim check: content that is too large for a topic waits in the bucket, and the envelope says where."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from relay.aws import aws_errors
from relay.events import Content

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Payloads:
    """The bucket of large contents; builds its client at the first one."""

    def __init__(self, bucket: str, client: "Callable[[], S3Client]") -> None:
        self._bucket, self._make_client = bucket, client
        self._client: S3Client | None = None

    def put(self, event_id: str, content: Content) -> str:
        """Keeps the content of an event, and returns its address, for `dataref`. Raises UnavailableError."""
        key = f"events/{event_id}"
        with aws_errors():
            self._client = self._client or self._make_client()
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content.body,
                ContentType=f"{content.media_type};charset=UTF-8",
            )
        return f"s3://{self._bucket}/{key}"


def resolve(message: str, s3: "S3Client") -> dict[str, Any]:
    """Returns the event in a subscriber's message, its `data` fetched if it was too large to be sent along.

    For subscribers: `message` is the CloudEvent's text, `s3` may read the payload bucket. An event whose
    data was sent along is returned as it is. Errors of S3 are botocore's.
    """
    event: dict[str, Any] = json.loads(message)
    if "data" not in event and (dataref := event.get("dataref")):
        bucket, _, key = dataref.removeprefix("s3://").partition("/")
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        event["data"] = text if event["datacontenttype"] == "text/plain" else json.loads(text)
    return event
