"""One example of each event, from the sample inputs in events/; all ids are invented."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.catalog import CATALOG
from relay.reading import Delivery, read
from sandbox.cloud.ministack import ROOT


@dataclass(frozen=True)
class Sample:
    """An eventTag, the slug under which the relay's users know it, and content as the gateway sends it."""

    event_tag: str
    slug: str
    content: Mapping[str, Any]


def _content(slug: str) -> Mapping[str, Any]:
    event = json.loads((ROOT / "events" / f"callback-{slug}.json").read_text("utf-8"))
    delivery = read(event["body"], None)
    if not isinstance(delivery, Delivery) or not isinstance(delivery.value, dict):
        raise TypeError(f"events/callback-{slug}.json is no event with an object as its content")
    return delivery.value


SAMPLES = tuple(Sample(kind.event_tag, kind.slug, _content(kind.slug)) for kind in CATALOG)
BY_SLUG = {sample.slug: sample for sample in SAMPLES}

# A kind that the vendor's table does not have: the relay keeps it and publishes it as unclassified.
UNKNOWN = Sample(
    "MOZI_SANDBOX_TOPIC|SOMETHING_NEW", "unclassified", {"说明": "目录中没有的事件", "tenantId": "196729"}
)
