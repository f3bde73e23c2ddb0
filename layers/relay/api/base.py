"""Bases of what a function that people invoke is asked for and answers, and of reading the request."""

from collections.abc import Mapping
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_camel

from relay import catalog


class Context(Protocol):
    """What the functions use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


class InvalidRequestError(Exception):
    """The event that invoked the function is wrong: fix the fields that it names and invoke again."""


class ActionRequest(BaseModel):
    """Base of the actions: made by field name, read and written in camelCase; no unknown field passes."""

    # Deferred: an invocation needs one of the models.
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        defer_build=True,
    )

    action: str

    def payload(self) -> dict[str, JsonValue]:
        """Returns the request as JSON has it: the action, and the fields that were given."""
        return {"action": self.action, **self.model_dump(mode="json", by_alias=True, exclude_unset=True)}


class AnswerPart(BaseModel):
    """Base of the answers' parts: made by field name, read and written in camelCase.

    A field that the reader does not know is kept, so that an older program reads a newer answer.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, defer_build=True
    )


class ActionAnswer(AnswerPart):
    """Base of the answers."""

    action: str

    def payload(self) -> dict[str, JsonValue]:
        """Returns the answer as JSON has it: exactly the fields that were given, null or not."""
        # Not by mode="json": it raises on half a character, which a vendor's row may hold.
        return self.model_dump(by_alias=True, exclude_unset=True)


def event_tag(name: str) -> str:
    """Returns the catalogued eventTag of that name or slug, which needs no quoting in a shell.

    Raises ValueError.
    """
    kind = catalog.BY_SLUG.get(name)
    tag = kind.event_tag if kind else name
    if tag not in catalog.BY_TAG:
        meant = f"; {did_you_mean(name)}" if alike(name) else ""
        raise ValueError(f"{name!r} is neither an eventTag nor a slug of the catalogue{meant}")
    return tag


def alike(name: str) -> list[str]:
    """Returns the catalogued eventTags of which a name is a half, or another spelling, or one of the slug."""
    given = _letters(name)
    return [
        kind.event_tag
        for kind in catalog.CATALOG
        if given in map(_letters, (kind.slug, kind.event_tag, *kind.event_tag.split("|")))
    ]


def did_you_mean(name: str) -> str:
    """Returns the question whether one of the eventTags that are alike is meant, with their slugs."""
    meant = [f"{catalog.slug_of(tag)} ({tag})" for tag in alike(name)]
    return f"did you mean {' or '.join(meant[:3])}{' or …' * (len(meant) > 3)}?"


def _letters(name: str) -> str:
    """Returns what of a name does not depend on its spelling."""
    return "".join(one for one in name.casefold() if one.isalnum())


def other_tag(name: str) -> str:
    """Returns the eventTag outside the catalogue of that name or slug. Raises ValueError."""
    tag = catalog.tag_of(name) or name
    if tag in catalog.BY_TAG:
        raise ValueError(f"{name!r} is in the catalogue, and no other tag")
    if not catalog.is_tag(tag):
        raise ValueError(
            f"{name!r} is no eventTag: one has 1 to {catalog.LONGEST_NAME} printable characters"
            " and no blank at its ends"
        )
    return tag


EVENT_ID = r"^[0-9a-f-]{1,100}$"
"""Characters of a digest: what could be no event's id is not looked up."""
EventId = Annotated[str, Field(pattern=EVENT_ID)]


def unique[Value](values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Returns the values in their order, each once."""
    return tuple(dict.fromkeys(values))


def parse_request[Action: BaseModel](event: object, actions: Mapping[str, type[Action]]) -> Action:
    """Returns the request in an invocation's event. Raises InvalidRequestError, which names every fault."""
    action = event.get("action") if isinstance(event, dict) else None
    model = actions.get(action) if isinstance(action, str) else None
    if model is None:
        raise InvalidRequestError(f"action: must be one of {', '.join(actions)}")
    try:
        return model.model_validate(event, by_alias=True, by_name=False)
    except ValidationError as error:
        # Without its cause, which repeats the input: an address in it may hold a token.
        raise InvalidRequestError("; ".join(_faults(error))) from None


def _faults(error: ValidationError) -> list[str]:
    """Returns what is wrong with each field, by its path."""
    found = error.errors(include_input=False, include_url=False)
    inner = {fault["loc"][:-1] for fault in found}
    return [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in found
        # A list that is too short only because what was in it is at fault.
        if fault["loc"] not in inner
    ]
