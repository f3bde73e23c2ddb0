"""The page about subscribing has every topic, and the pages that count them count right."""

import re

import pytest

from relay.catalog import CATALOG, SLUGS
from tests.support.template import ROOT

_ROW = re.compile(r"^\| `(\w+\\\|[\w-]+)` \| ([a-z-]+) \|$", re.MULTILINE)
_TAGS, _TOPICS = "eventTags|类 eventTag", "topics|个主题"


@pytest.mark.parametrize("page", ["subscribe.md", "subscribe.zh-CN.md"])
def test_every_event_tag_has_its_row_and_its_slug(page: str) -> None:
    rows = _ROW.findall((ROOT / "docs" / page).read_text("utf-8"))

    assert [(tag.replace("\\", ""), slug) for tag, slug in rows] == [
        (kind.event_tag, kind.slug) for kind in CATALOG
    ]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/deploy.md", "docs/deploy.zh-CN.md"])
def test_wherever_topics_or_event_tags_are_counted_the_number_is_the_catalogues(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    tags, topics = (set(re.findall(rf"(\d+) (?:{words})", text)) for words in (_TAGS, _TOPICS))

    assert tags <= {str(len(CATALOG))}
    assert topics <= {str(len(SLUGS))}
    assert tags | topics
