"""The bucket: content that is too large for a topic, and bodies that are too large for an event's item."""

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, TypedDict
from zlib import compress, decompress

from botocore.exceptions import ClientError

from relay.aws import aws_errors
from relay.events import BYTES, JSON, TEXT, Content, KeptBody
from relay.table import DEFLATE_LEVEL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Deflated. An item takes 400 KB, of which the envelope may take more than half.
BODY_LIMIT = 16_384
_IS_THERE, _IS_GONE = "PreconditionFailed", "NoSuchKey"


class CloudEvent(TypedDict, total=False):
    """An event as a subscriber gets it, with its content: `data`, or `data_base64` for what is no text."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    subject: str
    datacontenttype: str
    dataschema: str
    dataref: str
    dispatchid: str
    sourcemessageid: str
    callbackmessageid: str
    otherfields: str
    rereadof: str
    data: object
    data_base64: str


class Payloads:
    """The bucket of large contents; builds its client at the first one."""

    def __init__(self, bucket: str, client: "Callable[[], S3Client]") -> None:
        self._bucket, self._make_client = bucket, client
        self._client: S3Client | None = None

    def put(self, event_id: str, content: Content) -> str:
        """Keeps the content of an event, and returns its address, for `dataref`.

        What is there already may be published, and stays as it is. Raises UnavailableError.
        """
        key = f"events/{event_id}"
        charset = "" if content.media_type == BYTES else ";charset=UTF-8"
        self._keep(key, content.body, content.media_type + charset)
        return f"s3://{self._bucket}/{key}"

    def keep_body(self, event_id: str, raw: bytes, content_type: str | None) -> KeptBody:
        """Returns a body as it is to be kept beside its event; a large one is in the bucket then.

        Raises UnavailableError.
        """
        deflated = compress(raw, DEFLATE_LEVEL)
        if len(deflated) <= BODY_LIMIT:
            return KeptBody(content_type, deflated)
        # Deliveries of one event may differ in their bodies: each has its own.
        key = f"bodies/{event_id}/{sha256(raw).hexdigest()[:32]}"
        self._keep(key, deflated, "application/zlib")
        return KeptBody(content_type, key=key)

    def read_body(self, body: KeptBody) -> bytes | None:
        """Returns a kept body as it came; None if the bucket has it no more. Raises UnavailableError."""
        deflated = self.get(body.key) if body.key else body.deflated
        return None if deflated is None else decompress(deflated)

    def get(self, key: str) -> bytes | None:
        """Returns an object; None if it is not there any more. Raises UnavailableError."""
        with aws_errors():
            client = self._client = self._client or self._make_client()
            try:
                return client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] != _IS_GONE:
                    raise
                return None

    def _keep(self, key: str, body: bytes, content_type: str) -> None:
        """Puts an object if there is none; one that is there is as young as a new one from now on."""
        with aws_errors():
            client = self._client = self._client or self._make_client()
            try:
                client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _IS_THERE:
                    raise
                # Over itself: else the bucket's rule would delete it before the event that is to be kept now.
                client.copy_object(
                    Bucket=self._bucket,
                    Key=key,
                    CopySource={"Bucket": self._bucket, "Key": key},
                    ContentType=content_type,
                    MetadataDirective="REPLACE",
                )


def resolve(message: str, s3: "S3Client") -> CloudEvent:
    """Returns the whole event in a subscriber's message, its content fetched if it was too large to send.

    For subscribers: `message` is the CloudEvent's text, `s3` may read the payload bucket. An event whose
    content was sent along is returned as it is. Errors of S3 are botocore's.
    """
    event: CloudEvent = json.loads(message)
    if "data" in event or not (dataref := event.get("dataref")):
        return event
    bucket, _, key = dataref.removeprefix("s3://").partition("/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if event["datacontenttype"] == JSON:
        event["data"] = json.loads(body)
    elif event["datacontenttype"] == TEXT:
        event["data"] = body.decode()
    else:
        event["data_base64"] = b64encode(body).decode()
    return event
