"""The four places in which an eventTag stands by hand: catalogue, template, texts, sample input."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from contract.examples import sample_delivery
from contract.wording import Texts
from relay.catalog import CATALOG, UNCLASSIFIED, Kind
from relay.content import fits

ROOT = Path(__file__).parents[1]
_TOPIC = re.compile(
    r"^  (\w+):\n    Type: AWS::SNS::Topic\n    Properties:\n +TopicName: .*-event-(\S+)$", re.MULTILINE
)


def missing(catalog: Sequence[Kind] = CATALOG, root: Path = ROOT) -> Iterator[str]:
    """Yields a line for each thing that an eventTag still lacks, beginning with the file it belongs in."""
    slugs = {kind.slug for kind in catalog} | {UNCLASSIFIED}
    template = (root / "template.yaml").read_text("utf-8")
    texts = Texts.load(root / "contract" / "texts.yaml")
    topics = {slug: name for name, slug in _TOPIC.findall(template)}
    for place, named in (("template.yaml", topics), ("contract/texts.yaml", texts.topics)):
        for slug in named.keys() - slugs:
            yield f"layers/relay/catalog.py: no Kind has the slug {slug}, which {place} names"
    for slug in slugs:
        if slug not in topics:
            yield f"template.yaml: no topic is named ${{AWS::StackName}}-event-{slug}"
        elif f"- !Ref {topics[slug]}\n" not in template:
            yield f"template.yaml: EventTopicPolicy does not list {topics[slug]}"
        if slug not in texts.topics:
            yield f"contract/texts.yaml: topics has no {slug}, with its title and when it comes"
    for kind in catalog:
        yield from _missing_fields(kind, texts)
        yield from _missing_sample(kind, root / "events")


def _missing_fields(kind: Kind, texts: Texts) -> Iterator[str]:
    shape = texts.shapes.get(name := kind.content.__name__)
    for field in kind.content.model_json_schema()["properties"]:
        if shape is None or field not in shape.fields:
            yield f"contract/texts.yaml: shapes has no text of {name}'s field {field}"


def _missing_sample(kind: Kind, events: Path) -> Iterator[str]:
    name = f"events/callback-{kind.slug}.json"
    if not (events.parent / name).exists():
        yield f"{name}: the sample input is missing"
    elif not fits(kind.content, sample_delivery(kind.slug, events).value):
        yield f"{name}: its content is no {kind.content.__name__}"
