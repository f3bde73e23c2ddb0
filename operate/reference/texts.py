"""The sentences of the event reference, in both languages, as texts.yaml has them."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

type Language = Literal["en", "zh"]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Both(_Part):
    """A sentence in both languages."""

    en: str
    zh: str

    def get(self, language: str) -> str:
        return self.en if language == "en" else self.zh


type Fields = dict[str, Both]


class Topic(_Part):
    """What an event of a topic means, and when it comes."""

    title: Both
    when: Both


class Shape(_Part):
    """One shape of content."""

    title: Both
    fields: Fields


class Message(_Part):
    """The CloudEvent."""

    about: Both
    fields: Fields
    strictness: Both
    anything: Both
    unclassified_type: Both


class NoticeMessage(_Part):
    """What the notice queue takes."""

    title: Both
    about: Both
    fields: Fields
    notice: Both
    notice_fields: Fields
    text: Both
    text_fields: Fields


class DeadLetter(_Part):
    """What the dead-letter queue holds."""

    title: Both
    about: Both
    fields: Fields
    unread_title: Both
    unread: Both
    attributes: Fields


class Page(_Part):
    """What only the pages say."""

    title: Both
    other: Both
    intro: Both
    message_heading: Both
    delivery: Both
    envelope_heading: Both
    attributes_heading: Both
    attributes_note: Both
    dataref_example: Both
    topics_heading: Both
    data_note: Both
    notice_heading: Both
    notice_notice_heading: Both
    text_heading: Both
    dead_letter_heading: Both
    dead_letter_note: Both
    field: Both
    attribute: Both
    type: Both
    required: Both
    meaning: Both
    when: Both
    topic: Both
    example: Both
    schema_link: Both
    yes: Both
    no: Both
    any_of: Both
    list_of: Both
    types: Fields


class Texts(_Part):
    """All of them."""

    topics: dict[str, Topic]
    shapes: dict[str, Shape]
    message: Message
    attributes: Fields
    notice_message: NoticeMessage
    dead_letter: DeadLetter
    page: Page


TEXTS = Texts.model_validate(yaml.safe_load(Path(__file__).with_name("texts.yaml").read_text("utf-8")))
