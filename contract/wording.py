"""The texts of topics and fields in both languages, as texts.yaml has them."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict

type Language = Literal["en", "zh"]

TEXTS = Path(__file__).with_name("texts.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Part):
    """One text in both languages."""

    en: str
    zh: str

    def get(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


type Fields = dict[str, Wording]


class TopicWording(_Part):
    """What an event of a topic is, and when it comes."""

    title: Wording
    when: Wording


class ShapeWording(_Part):
    """What a shape of content is, and what its fields mean."""

    title: Wording
    fields: Fields


class Texts(_Part):
    """All texts; `fields` has those of a schema under its name, `types` how the pages name a type."""

    topics: dict[str, TopicWording]
    shapes: dict[str, ShapeWording]
    fields: dict[str, Fields]
    types: Fields

    @classmethod
    def load(cls, path: Path = TEXTS) -> Self:
        return cls.model_validate(yaml.safe_load(path.read_text("utf-8")))

    def of_topic(self, slug: str) -> Fields:
        """Returns the texts of the envelope's fields on a topic."""
        return self.fields["event"] | self.fields.get(slug, {})
