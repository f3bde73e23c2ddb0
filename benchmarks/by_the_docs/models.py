"""What the gateway posts, as models for the parser."""

from typing import Any

from aws_lambda_powertools.utilities.parser import BaseModel, Field
from pydantic import Json, TypeAdapter


class Handshake(BaseModel):
    """The gateway's check that the address is ours, for one eventTag."""

    event_tag: str = Field(alias="eventTag", min_length=1)
    dispatch_id: str = Field(alias="dispatchId")


class Message(BaseModel):
    """One delivery of one event."""

    dispatch_id: str = Field(alias="dispatchId")
    source_message_id: str = Field(alias="sourceMessageId", min_length=1)
    callback_message_id: str = Field(alias="callbackMessageId")
    content: dict[str, Any] | Json[dict[str, Any]]


# The parser takes an adapter, though its types do not say so.
BODY: Any = TypeAdapter(Handshake | Message)
