"""International text: a default and its translations, read in every spelling that the vendor shows."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_DEFAULTS = ("defaultValue", "default")
_TRANSLATIONS = "i18nValue"


class Text(BaseModel):
    """International text as the vendor's sample writes it: `{"defaultValue", "i18nValue"}`.

    Reads that form, the flat `{"default", "en_US", "zh_CN"}` and a plain string. However it was written, the
    same text leaves as the same JSON, translations in order of their locale, because the portal tells
    external apps apart by their whole appName.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    default_value: str | None = Field(default=None, alias="defaultValue")
    i18n_value: dict[str, str] = Field(alias=_TRANSLATIONS)

    @model_validator(mode="before")
    @classmethod
    def _as_in_the_sample(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = {"defaultValue": given}
        if not isinstance(given, dict | Text):
            raise PydanticCustomError("text_type", "must be a string or an object")
        return _nested(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(text and text.strip() for text in (self.default_value, self.i18n_value.get("en_US"))):
            raise PydanticCustomError("text_missing", "the default or the en_US text must be there")
        return self


def _nested(given: dict[Any, Any]) -> dict[Any, Any]:
    """Any of the two forms as the nested one; a member that is null counts as not given."""
    rest = {name: value for name, value in given.items() if value is not None}
    flat = "defaultValue" not in rest and _TRANSLATIONS not in rest
    defaults = [rest.pop(name) for name in _DEFAULTS if name in rest]
    if any(default != defaults[0] for default in defaults):
        raise PydanticCustomError("given_twice", "default and defaultValue differ")
    translations = rest if flat else rest.pop(_TRANSLATIONS, {})
    if isinstance(translations, dict):
        translations = {name: translations[name] for name in sorted(translations, key=str)}
        translations = {name: value for name, value in translations.items() if value is not None}
    nested: dict[Any, Any] = {"defaultValue": defaults[0]} if defaults else {}
    return nested | {_TRANSLATIONS: translations} | ({} if flat else rest)


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


Texts = Annotated[list[Text], BeforeValidator(_listed)]
"""A list of texts; one text alone is a list of it."""
