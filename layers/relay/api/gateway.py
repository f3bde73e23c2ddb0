"""What the function can be asked for: one model for each action."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from relay import catalog
from relay.api import base
from relay.api.base import ActionRequest, EventTag, unique


def callback_base(address: str) -> str:
    """The address up to /callback, without a closing slash. Raises ValueError, which does not repeat it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", address):
        raise ValueError("must be an address that starts with http:// or https:// and a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must have no user, query or fragment")
    base = address.rstrip("/")
    if not base.endswith("/callback"):
        raise ValueError("must end with /callback; the token and the slug are appended here")
    return base


CallbackUrl = Annotated[str, AfterValidator(callback_base)]
EventTags = Annotated[tuple[EventTag, ...], Field(min_length=1), AfterValidator(unique)]
FailedId = Annotated[str, Field(pattern=r"^[0-9]+$")]


class OfTags(ActionRequest):
    """An action on some of the eventTags, named as such or by their slugs; on all when none is named."""

    event_tags: EventTags = tuple(catalog.BY_TAG)


class Register(OfTags):
    """`callback_url` is the address up to /callback. `take_over` also moves another's."""

    action: Literal["register"]
    callback_url: CallbackUrl
    take_over: bool = False


class Update(OfTags):
    """Moves what is registered to the current token, and to `callback_url` where that is given."""

    action: Literal["update"]
    callback_url: CallbackUrl | None = None


class Unregister(OfTags):
    """`take_over` also removes what is not this relay's address."""

    action: Literal["unregister"]
    take_over: bool = False


class List(ActionRequest):
    action: Literal["list"]


class Failed(ActionRequest):
    """Shows at most `limit` rows of the failed list, from the `offset`th on."""

    action: Literal["failed"]
    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0)


class RetryFailed(ActionRequest):
    """Has the gateway deliver at most `limit` of the failed callbacks again.

    `unattended`, by the schedule: before there are credentials there is nothing to retry, and no error.
    """

    action: Literal["retry-failed"]
    limit: int = Field(default=100, ge=1, le=1000)
    unattended: bool = False


class RemoveFailed(ActionRequest):
    """Takes rows off the failed list, for good."""

    action: Literal["remove-failed"]
    ids: Annotated[tuple[FailedId, ...], Field(min_length=1), AfterValidator(unique)]


AnyRequest = Register | Update | Unregister | List | Failed | RetryFailed | RemoveFailed
_ACTIONS: dict[str, type[AnyRequest]] = {
    "register": Register,
    "update": Update,
    "unregister": Unregister,
    "list": List,
    "failed": Failed,
    "retry-failed": RetryFailed,
    "remove-failed": RemoveFailed,
}


def read_request(event: Any) -> AnyRequest:
    """The request in an invocation's event. Raises InvalidRequestError."""
    return base.read_request(event, _ACTIONS)
