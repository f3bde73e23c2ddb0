"""One notice: the vendor's MessageProduceDTO, its rules, and how it is written on the wire."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, PydanticSerializationError

from relay.notices.text import Text, Texts


class InvalidNoticeError(Exception):
    """The notice breaks a rule of the vendor's page: fix it, for sending it again cannot help.

    The text names each field at fault and holds nothing of what was in it.
    """


def _not_blank(given: str) -> str:
    if not given.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return given


def _digit(given: Any) -> Any:
    """A number that came as text; true is none, though Python thinks so."""
    if isinstance(given, bool):
        return str(given)
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) == 1 else given


def _target_type(given: Any) -> Any:
    """0 or 1 from what the page's table calls a Map: a single member whose name or whose value it is."""
    if isinstance(given, dict) and len(given) == 1:
        found = [_digit(part) for pair in given.items() for part in pair]
        numbers = [part for part in found if part in (0, 1)]
        return numbers[0] if len(numbers) == 1 else given
    return _digit(given)


NotBlank = Annotated[str, AfterValidator(_not_blank)]


class Notice(BaseModel):
    """A notice that the portal can take, under the names and in the shapes of the vendor's sample.

    `Notice.read` takes every spelling of the page: its table (`Header`, `tag`, `features` as an object,
    `targetType` as a Map) and its sample. A field that is null counts as not given. Unknown fields are kept.
    A notice without content asks the portal to send the one that it already has under this messageId.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="allow", frozen=True)

    message_id: NotBlank
    message_type: Annotated[Literal[1], BeforeValidator(_digit)] | None = None
    app_id: str | None = None
    app_name: Text | None = None
    url: str | None = None
    linked_app_id: str | None = None
    linked_menu_code: str | None = None
    linked_states: str | None = None
    features: Texts | None = None
    body: Text | None = None
    header: Text | None = None
    tags: Texts | None = None
    target_type: Annotated[Literal[0, 1], BeforeValidator(_target_type)] | None = None
    targets: list[NotBlank] | None = None

    @classmethod
    def read(cls, given: object) -> Self:
        """The notice in a JSON value. Raises InvalidNoticeError."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise InvalidNoticeError("; ".join(_faults(error))) from None

    def wire(self) -> bytes:
        """The notice as compact UTF-8 JSON, ready to be sent. Raises InvalidNoticeError."""
        try:
            return self.model_dump_json(by_alias=True, exclude_unset=True).encode()
        except PydanticSerializationError:
            raise InvalidNoticeError("it cannot be written as UTF-8 JSON") from None

    @model_validator(mode="before")
    @classmethod
    def _under_the_samples_names(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        taken: dict[Any, Any] = {}
        for written, value in given.items():
            name = _SPELLINGS.get(written, written)
            if value is None and name in _NAMES:
                continue
            if name in taken and taken[name] != value:
                raise PydanticCustomError("given_twice", "{name} is given twice and differs", {"name": name})
            taken[name] = value
        if taken.get("appId") == "":
            del taken["appId"]  # The page: must be left empty for an external app.
        return taken

    @model_validator(mode="after")
    def _can_be_created(self) -> Self:
        missing = list(self._missing()) if self.model_fields_set & _CONTENT else []
        if missing:
            raise PydanticCustomError("create", "{missing}", {"missing": "; ".join(missing)})
        return self

    def _missing(self) -> Iterator[str]:
        if self.message_type is None:
            yield "messageType: required to create a notice, and only 1 is possible"
        if self.target_type is None:
            yield "targetType: required to create a notice, 0 (everyone) or 1 (targets)"
        if self.target_type == 1 and not self.targets:
            yield "targets: required when targetType is 1"
        if not self.app_id and self.app_name is None:
            yield "appName: required for an external app, that is without appId"


def field_names() -> frozenset[str]:
    """Returns the names that the vendor's sample gives to the fields of a notice."""
    return _NAMES


def unknown_fields(given: object) -> list[str]:
    """The names in a notice that the vendor's page does not have; they are sent as they are."""
    names = given if isinstance(given, dict) else ()
    return [name for name in names if name not in _NAMES and name not in _SPELLINGS]


_NAMES = frozenset(to_camel(name) for name in Notice.model_fields)
_CONTENT = Notice.model_fields.keys() - {"message_id", "target_type", "targets"}
CONTENT_NAMES = frozenset(map(to_camel, _CONTENT))
"""What a notice that is to be created has, on the wire; without any of it the portal sends the one it has."""
# The page writes Header and header; whoever writes one name like that may write them all.
_SPELLINGS = {name[0].upper() + name[1:]: name for name in _NAMES} | dict.fromkeys(("tag", "Tag"), "tags")


def _plain(said: str) -> str:
    """What pydantic says, as the other rules are said."""
    return said.replace("Input should be ", "must be ").replace(" a valid ", " a ")


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        place = ".".join(str(part) for part in fault["loc"] if isinstance(part, int) or part in _PARTS)
        said = _SAID.get(fault["type"]) or _plain(fault["msg"])
        yield f"{place}: {said}" if place else said


# Where pydantic's own words name a class or what Python calls it.
_SAID = dict.fromkeys(("model_type", "dict_type"), "must be an object")


# Names that may stand in an error: any other name is the sender's own data.
_PARTS = _NAMES | {"defaultValue", "i18nValue", "default", "zh_CN", "en_US"}
