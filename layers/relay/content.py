"""What the events say: one model for each shape of content in the vendor's event table.

A model separates an expected content from a surprising one. It never decides what is relayed: subscribers
get the content as it came. The page draws all values as strings and calls some of them long.
"""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

type Value = str | int


class ContentModel(BaseModel):
    """Base of the shapes; field `tenant_id` is the vendor's tenantId.

    What changes the schema of a shape raises its `version`: that is part of an event's `dataschema`.
    """

    version: ClassVar[int] = 1
    # Strict, so that a boolean or a float is no integer; deferred, so that a cold start pays for no schema.
    model_config = ConfigDict(extra="allow", strict=True, defer_build=True, alias_generator=to_camel)

    @classmethod
    def dataschema(cls, slug: str) -> str:
        """Returns the name of the schema that contract/schemas has of this shape on a topic."""
        return f"urn:mozi:relay:schema:{slug}:{cls.version}"


class ContactsChange(ContentModel):
    """Organizations or employees of a tenant changed, or joined or left one another.

    Attach and detach were seen with a list `infos` in place of all this, so no field is certain.
    """

    tenant_id: Value | None = None
    tag: Value | None = None
    organization_codes: list[Value] | Value | None = None
    employee_codes: list[Value] | Value | None = None
    infos: list[dict[str, object] | Value] | None = None


class AccountChange(ContentModel):
    """An account was renamed, frozen or unfrozen."""

    model_config = ConfigDict(alias_generator=to_pascal)

    namespace: Value | None = None
    account_type: Value | None = None
    account: Value
    realm_id: Value
    account_id: Value
    employee_code: Value | None = None
    source: Value | None = None
    time_stamp: Value | None = None


class AppUpdate(ContentModel):
    """An application of the open platform changed."""

    app_name: Value
    realm_id: Value
    update_type: Value | None = None


class SendSuccess(ContentModel):
    """The notification center sent a message."""

    biz_msg_id: Value
    tenant_id: Value
    status: Value
    success_time: Value | None = None


class ClientAck(ContentModel):
    """A client received a message."""

    msg_id: Value
    tenant_id: Value
    biz_channel: Value | None = None
    ack_time: Value | None = None


class OutboundMessage(ContentModel):
    """A message was pushed, failed, was withdrawn or was read."""

    msg_type: Value | None = None
    msg_app: Value
    receivers: list[Value]
    biz_msg_id: Value


class DingFailure(ContentModel):
    """A DING did not reach an account."""

    tag: Value | None = None
    tenant_id: Value
    account_id: Value


def fits(model: type[ContentModel], value: object) -> bool:
    """Returns whether a content has the fields and kinds of value that the vendor's table shows.

    Where none of the fields is required, one of them has to be there: the base fits nothing.
    """
    try:
        content = model.model_validate(value)
    except (ValidationError, RecursionError):
        return False
    return any(getattr(content, name) is not None for name in model.model_fields)
