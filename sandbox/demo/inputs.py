"""What goes in: an example of each event, and the notices of an application; all names are invented."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from relay.catalog import CATALOG
from relay.reading import Delivery, read
from sandbox.cloud.ministack import ROOT

# Organisations of the portal and their users; the last is that of the samples in events/.
USERS = tuple(f"u-{number:03}" for number in range(1, 21))
ORGANISATIONS = {
    "o-hangzhou": USERS,
    "o-ningbo": USERS[:8],
    "o-wenzhou": USERS[4:],
    "o-jiaxing": USERS[:12],
    "o-shaoxing": USERS[2:],
    "o-taizhou": USERS[:5],
    "o-huzhou": USERS[:3],
    "o15504745674071": ("u123", "u456", *USERS),
}


class Sample(NamedTuple):
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


def notices(org_id: str, count: int) -> dict[str, dict[str, Any]]:
    """So many notices for the users of an organisation, by messageId."""
    ids = [f"n-{org_id.removeprefix('o-')}-{number:03}" for number in range(1, count + 1)]
    return {name: notice(number, name, ORGANISATIONS[org_id]) for number, name in enumerate(ids, 1)}


def notice(number: int, message_id: str, users: tuple[str, ...]) -> dict[str, Any]:
    """A notice for one user, every tenth for everybody; spelled as in the vendor's example or its table."""
    target = {"targetType": 1, "targets": [users[number % len(users)], "u-gone"]}
    return {
        "messageId": message_id,
        "messageType": 1,
        "url": f"https://todo.example.com/items/{message_id}",
        **(target if number % 10 else {"targetType": 0}),
        **(_as_in_example(number) if number % 2 else _as_in_table(number)),
    }


def _as_in_example(number: int) -> dict[str, Any]:
    header = {"zh_CN": f"第{number}号审批待办", "en_US": f"Approval {number}"}
    name = {"zh_CN": "统一待办", "en_US": "Unified To-do"}
    return {
        "appName": {"defaultValue": name["zh_CN"], "i18nValue": name},
        "header": {"defaultValue": header["zh_CN"], "i18nValue": header},
        "body": {"defaultValue": "请于三日内办结。", "i18nValue": {"en_US": "Due in three days."}},
        "tags": [{"defaultValue": "紧急", "i18nValue": {"zh_CN": "紧急", "en_US": "Urgent"}}],
    }


def _as_in_table(number: int) -> dict[str, Any]:
    """Header and tag as the page's table spells them, texts flat as in a sibling API."""
    header = {"default": f"第{number}号通知", "zh_CN": f"第{number}号通知", "en_US": f"Notice {number}"}
    return {
        "appName": {"default": "统一待办", "zh_CN": "统一待办", "en_US": "Unified To-do"},
        "Header": header,
        "tag": [{"default": "普通", "en_US": "Normal"}],
    }
