"""Requests to the functions that are invoked by hand or on a schedule: an action, and its fields."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from relay import catalog


class InvalidRequestError(Exception):
    """The event that invoked the function is wrong: mend the fields that it names and invoke again."""


class ActionRequest(BaseModel):
    """Base of the actions: field `event_tags` is written eventTags, and no unknown field passes."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, coerce_numbers_to_str=True
    )


def event_tag(name: str) -> str:
    """The eventTag of that name or slug. Raises ValueError."""
    tag = catalog.tag_of(name) or name
    if tag not in catalog.BY_TAG:
        raise ValueError(f"{name!r} is neither an eventTag nor a slug of the catalogue")
    return tag


EVENT_ID = r"^[0-9a-f-]{1,100}$"
"""Characters of a digest: what could be no event's id is not looked up."""
EventId = Annotated[str, Field(pattern=EVENT_ID)]

# Named as such or by its slug, which needs no quoting in a shell.
EventTag = Annotated[str, AfterValidator(event_tag)]


def unique[Value](values: tuple[Value, ...]) -> tuple[Value, ...]:
    """The values in their order, each once."""
    return tuple(dict.fromkeys(values))


def read_request[Action: BaseModel](event: Any, actions: Mapping[str, type[Action]]) -> Action:
    """The request in an invocation's event. Raises InvalidRequestError, which names every field at fault."""
    action = event.get("action") if isinstance(event, dict) else None
    model = actions.get(action) if isinstance(action, str) else None
    if model is None:
        raise InvalidRequestError(f"action: must be one of {', '.join(actions)}")
    try:
        return model.model_validate(event)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        inner = {fault["loc"][:-1] for fault in found}
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in found
            # That a list is too short is no news when what was in it is at fault.
            if fault["loc"] not in inner
        )
        # Without its cause, which repeats the input: an address in it may hold a token.
        raise InvalidRequestError("; ".join(faults)) from None
