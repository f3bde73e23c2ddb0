"""The event reference as a page to read, in either language."""

import json
from typing import Any

from operate.reference import examples
from operate.reference.messages import attributes, of_kind, unclassified
from operate.reference.notices import dead_letter, dead_letter_attributes, notice_message
from operate.reference.tables import Table, code, fields
from operate.reference.texts import TEXTS, Both
from relay.catalog import BY_SLUG, SLUGS

_SAID = TEXTS.page


def page(language: str) -> str:
    """The whole page, as Markdown."""
    parts = [*_head(language), *_message(language), *_topics(language), *_notices(language)]
    return "\n\n".join(part.strip() for part in [*parts, *_dead_letters(language)]) + "\n"


def _head(language: str) -> list[str]:
    title, other, intro = (said.get(language) for said in (_SAID.title, _SAID.other, _SAID.intro))
    return ["<!-- Written by `make schemas`. -->", f"# {title}", other, intro]


def _message(language: str) -> list[str]:
    return [
        _heading(2, _SAID.message_heading, language),
        TEXTS.message.about.get(language),
        _SAID.delivery.get(language),
        _heading(3, _SAID.envelope_heading, language),
        fields(unclassified(), TEXTS.message.fields, language),
        _heading(3, _SAID.attributes_heading, language),
        _SAID.attributes_note.get(language),
        fields(attributes(), TEXTS.attributes, language, first=_SAID.attribute),
        *_example(_SAID.dataref_example, [examples.with_dataref().message], language),
    ]


def _topics(language: str) -> list[str]:
    index = Table([_SAID.topic.get(language), "eventTag", _SAID.when.get(language)])
    for slug in SLUGS:
        index.add(f"[{slug}](#{slug})", _tag(slug), TEXTS.topics[slug].when.get(language))
    sections = [part for slug in SLUGS for part in _topic(slug, language)]
    heading = _heading(2, _SAID.topics_heading, language)
    return [heading, index.text(), _SAID.data_note.get(language), *sections]


def _topic(slug: str, language: str) -> list[str]:
    said = TEXTS.topics[slug]
    shown = [f"### {slug}", f"**{said.title.get(language)}.** {said.when.get(language)}"]
    if kind := BY_SLUG.get(slug):
        shown += [f"eventTag {code(kind.event_tag)}"]
        data = of_kind(kind)["properties"]["data"]
        shown.append(fields(data, TEXTS.shapes[kind.content.__name__].fields, language))
    else:
        own = {name: unclassified()["properties"][name] for name in ("type", "datacontenttype", "data")}
        texts = TEXTS.message.fields | {
            "type": TEXTS.message.unclassified_type,
            "data": TEXTS.message.anything,
        }
        shown.append(fields({"properties": own, "required": ["type", "datacontenttype"]}, texts, language))
    made = [one.message for one in examples.of_topic(slug)]
    return [*shown, *_example(_SAID.example, made, language), _schema(slug, language)]


def _notices(language: str) -> list[str]:
    schema, said = notice_message(), TEXTS.notice_message
    return [
        _heading(2, _SAID.notice_heading, language),
        said.about.get(language),
        fields(schema, said.fields, language),
        _heading(3, _SAID.notice_notice_heading, language),
        said.notice.get(language),
        fields(schema["$defs"]["notice"], said.notice_fields, language),
        _heading(3, _SAID.text_heading, language),
        said.text.get(language),
        *_example(_SAID.example, examples.notice_messages(), language),
        _schema("notice-message", language),
    ]


def _dead_letters(language: str) -> list[str]:
    said, (notice, record) = TEXTS.dead_letter, examples.dead_letters()
    shown = [
        {"body": json.loads(notice.body), "attributes": notice.attributes},
        {"body": record.body, "attributes": record.attributes},
    ]
    return [
        _heading(2, _SAID.dead_letter_heading, language),
        said.about.get(language),
        fields(dead_letter(), said.fields, language),
        fields(dead_letter_attributes(), said.attributes, language, first=_SAID.attribute),
        _SAID.dead_letter_note.get(language),
        f"**{said.unread_title.get(language)}.** {said.unread.get(language)}",
        *_example(_SAID.example, shown, language),
        _schema("dead-letter", language),
    ]


def _heading(level: int, said: Both, language: str) -> str:
    return f"{'#' * level} {said.get(language)}"


def _example(said: Both, made: list[Any], language: str) -> list[str]:
    shown = (json.dumps(one, ensure_ascii=False, indent=2) for one in made)
    return [said.get(language), *(f"```json\n{text}\n```" for text in shown)]


def _schema(name: str, language: str) -> str:
    return f"{_SAID.schema_link.get(language)} [`schemas/{name}.json`](schemas/{name}.json)"


def _tag(slug: str) -> str:
    return code(BY_SLUG[slug].event_tag) if slug in BY_SLUG else ""
