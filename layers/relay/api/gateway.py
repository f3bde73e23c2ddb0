"""What the gateway function is asked for and answers: one model for each action."""

import re
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from relay.api import base
from relay.api.base import ActionAnswer, ActionRequest, AnswerPart, event_tag, other_tag, unique


def callback_base(address: str) -> str:
    """Returns the address without a closing slash. Raises ValueError, which does not repeat it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", address):
        raise ValueError("must be an address that starts with http:// or https:// and a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must have no user, query or fragment")
    base = address.rstrip("/")
    if not base.endswith("/callback"):
        raise ValueError("must end with /callback; the token and the slug are appended here")
    return base


def _event_tag(name: str) -> str:
    try:
        return event_tag(name)
    except ValueError as error:
        raise ValueError(f"{error}; a tag outside of it is named in otherTags") from None


type Tags[Tag: str] = Annotated[tuple[Tag, ...], Field(min_length=1), AfterValidator(unique)]
CallbackUrl = Annotated[str, AfterValidator(callback_base)]
FailedId = Annotated[str, Field(pattern=r"^[0-9]+$")]


class OfTags(ActionRequest):
    """An action on some of the eventTags, named as such or by their slugs.

    `other_tags` are outside the catalogue. When none of either is named it is on all of the catalogue, and on
    those others that lead to this relay by their own slugs.
    """

    event_tags: Tags[Annotated[str, AfterValidator(_event_tag)]] = ()
    other_tags: Tags[Annotated[str, AfterValidator(other_tag)]] = ()


class Register(OfTags):
    """`callback_url` is the address up to /callback. `take_over` also moves another's."""

    action: Literal["register"] = "register"
    callback_url: CallbackUrl
    take_over: bool = False


class Update(OfTags):
    """Move what is registered to the current token, and to `callback_url` where that is given."""

    action: Literal["update"] = "update"
    callback_url: CallbackUrl | None = None


class Unregister(OfTags):
    """`take_over` also removes what is not this relay's address."""

    action: Literal["unregister"] = "unregister"
    take_over: bool = False


class List(ActionRequest):
    """List the registrations."""

    action: Literal["list"] = "list"


class Failed(ActionRequest):
    """Show at most `limit` rows of the failed list, from the `offset`th on."""

    action: Literal["failed"] = "failed"
    limit: int = Field(default=100, ge=1, le=500)
    offset: int = Field(default=0, ge=0)


class RetryFailed(ActionRequest):
    """Have the gateway deliver at most `limit` of the failed callbacks again.

    `unattended`, by the schedule: before there are credentials there is nothing to retry, and no error.
    """

    action: Literal["retry-failed"] = "retry-failed"
    limit: int = Field(default=100, ge=1, le=1000)
    unattended: bool = False


class RemoveFailed(ActionRequest):
    """Take rows off the failed list, for good."""

    action: Literal["remove-failed"] = "remove-failed"
    ids: Annotated[tuple[FailedId, ...], Field(min_length=1), AfterValidator(unique)]


GatewayRequest = Register | Update | Unregister | List | Failed | RetryFailed | RemoveFailed
ACTIONS: dict[str, type[GatewayRequest]] = {
    "register": Register,
    "update": Update,
    "unregister": Unregister,
    "list": List,
    "failed": Failed,
    "retry-failed": RetryFailed,
    "remove-failed": RemoveFailed,
}


def read_request(event: object) -> GatewayRequest:
    """Returns the request in an invocation's event. Raises InvalidRequestError."""
    return base.parse_request(event, ACTIONS)


class Change(StrEnum):
    """What became of one registration."""

    REGISTERED = "registered"
    UPDATED = "updated"
    UNREGISTERED = "unregistered"
    UNCHANGED = "unchanged"
    NOT_REGISTERED = "notRegistered"
    TAKEN = "taken"
    """It leads to another's address, and was left alone."""
    FAILED = "failed"
    LEFT = "left"
    """There was no time for it."""


class ChangeCounts(AnswerPart):
    """How many registrations there are of each Change."""

    registered: int = 0
    updated: int = 0
    unregistered: int = 0
    unchanged: int = 0
    not_registered: int = 0
    taken: int = 0
    failed: int = 0
    left: int = 0


class ChangedTag(AnswerPart):
    """What became of one registration: `change` is a Change, `was` the address before it, tokens masked."""

    event_tag: str
    slug: str
    change: str
    callback_url: str = ""
    was: str = ""
    error: str = ""


class ChangeAnswer(ActionAnswer):
    """What `register`, `update` or `unregister` did."""

    action: Literal["register", "update", "unregister"]
    counts: ChangeCounts
    tags: list[ChangedTag]


class RegistrationState(StrEnum):
    """Where a tag's deliveries go."""

    CURRENT = "current"
    OUTDATED = "outdated"
    """To this relay, with an older token."""
    OTHER = "other"
    NOT_REGISTERED = "notRegistered"


class ListCounts(AnswerPart):
    """How many registrations are in each RegistrationState, and how many are of no tag that is listed."""

    current: int = 0
    outdated: int = 0
    other: int = 0
    not_registered: int = 0
    unknown: int = 0


class ListedTag(AnswerPart):
    """One registration of a tag, or that it has none: `state` is a RegistrationState."""

    event_tag: str
    slug: str
    state: str
    id: str = ""
    callback_url: str = ""


class ListAnswer(ActionAnswer):
    """The registrations of every tag in the catalogue and of others that lead here by their own slugs.

    `unknown` are some of the rest, as they came. `rotating` is whether the callback lets the token before the
    current one in as well; None from a function of a release that did not say.
    """

    action: Literal["list"]
    counts: ListCounts
    tags: list[ListedTag]
    unknown: list[Any]
    rotating: bool | None = None


class FailedCounts(AnswerPart):
    """How many rows the failed list has, those included whose id cannot be read."""

    failed: int
    unreadable: int


class FailedRow(AnswerPart):
    """One failed callback; of a row without an id only `unreadable` is given: the row as it came.

    `state` is the RegistrationState of the address that the delivery went to.
    """

    id: str | None = None
    event_tag: str | None = None
    time: str | None = None
    callback_url: str = ""
    state: str = ""
    unreadable: Any = None


class FailedAnswer(ActionAnswer):
    """A part of the failed list; `left` rows follow it."""

    action: Literal["failed"]
    counts: FailedCounts
    rows: list[FailedRow]
    left: int


class CallError(AnswerPart):
    """Why the gateway refused what concerns one row."""

    id: str
    error: str


class RetryCounts(FailedCounts):
    """What became of the failed callbacks: `left` ones are for the next time."""

    retried: int
    refused: int
    left: int


class RetryAnswer(ActionAnswer):
    """What `retry-failed` did. `stopped` is the reason for which it ended early, empty for none."""

    action: Literal["retry-failed"]
    counts: RetryCounts
    errors: list[CallError]
    stopped: str
    unreadable: list[Any]


class RemoveCounts(AnswerPart):
    """What became of the rows that were to be removed."""

    removed: int
    refused: int
    left: int


class RemoveAnswer(ActionAnswer):
    """What `remove-failed` did. `stopped` is the reason for which it ended early, empty for none."""

    action: Literal["remove-failed"]
    counts: RemoveCounts
    errors: list[CallError]
    stopped: str


GatewayAnswer = ChangeAnswer | ListAnswer | FailedAnswer | RetryAnswer | RemoveAnswer
