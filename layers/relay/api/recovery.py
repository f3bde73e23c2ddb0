"""What the function can be asked for: a sweep, a replay, or how things stand."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo, field_validator

from relay import catalog
from relay.api import base
from relay.api.base import ActionRequest, EventId, event_tag, unique


def _slug(name: str) -> str:
    return name if name == catalog.UNCLASSIFIED else catalog.slug_of(event_tag(name))


Slugs = Annotated[
    tuple[Annotated[str, AfterValidator(_slug)], ...], Field(min_length=1), AfterValidator(unique)
]


class Sweep(ActionRequest):
    """Publishes what was kept and not published."""

    action: Literal["sweep"]


class Replay(ActionRequest):
    """Publishes kept events once more: those of some topics and a time, or those with certain ids.

    One invocation publishes at most `limit` of them; the rest follow by the cursor that it answers. The
    time is that of receiving, `from` and `to` included; `to` is now when it is not given.
    """

    action: Literal["replay"]
    slugs: Slugs | None = Field(default=None, alias="eventTags")
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    cursor: str | None = None
    ids: (
        Annotated[tuple[EventId, ...], Field(min_length=1, max_length=100), AfterValidator(unique)] | None
    ) = None
    dry_run: bool = False
    limit: int = Field(default=1000, ge=1, le=10_000)
    events_per_second: int | None = Field(default=None, ge=1, le=1000)

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: AwareDatetime | None, info: ValidationInfo) -> AwareDatetime | None:
        since = info.data.get("since")
        if since and until and until < since:
            raise ValueError("must not be before from")
        return until

    @field_validator("ids")
    @classmethod
    def _stand_alone(cls, ids: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if ids and any(info.data.get(name) for name in ("slugs", "since", "until", "cursor")):
            raise ValueError("cannot be asked for together with eventTags, from, to or cursor")
        return ids


class Status(ActionRequest):
    """Tells when each topic last got an event, and what waits to be published; changes nothing."""

    action: Literal["status"]


AnyRequest = Sweep | Replay | Status
_ACTIONS: dict[str, type[AnyRequest]] = {"sweep": Sweep, "replay": Replay, "status": Status}


def read_request(event: Any) -> AnyRequest:
    """The request in an invocation's event. Raises InvalidRequestError."""
    return base.read_request(event, _ACTIONS)
