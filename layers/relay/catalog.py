"""The events of the Mozi gateway: each eventTag, the slug of its topic, and what its content looks like."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from relay.content import (
    AccountChange,
    AppUpdate,
    ClientAck,
    ContactsChange,
    ContentModel,
    DingFailure,
    OutboundMessage,
    SendSuccess,
)

UNCLASSIFIED = "unclassified"
# Longer than any name or id of the gateway, and short enough for an attribute.
LONGEST_NAME = 256
# Before the slug of an eventTag that is outside the catalogue, which is that tag in base64url.
_OTHER = "x-"


class Kind(NamedTuple):
    """One kind of event; what the catalogue does not know is of a kind too, and its topic `unclassified`."""

    event_tag: str
    slug: str
    content: type[ContentModel]


CATALOG = (
    Kind("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE", "organization-add-update", ContactsChange),
    Kind("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_PARENT_CHANGED", "organization-parent-changed", ContactsChange),
    Kind("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_REMOVE", "organization-remove", ContactsChange),
    Kind("MOZI_VDS_TENANT_CHANGE|EMPLOYEE_ADD_UPDATE", "employee-add-update", ContactsChange),
    Kind("MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE", "employee-leave", ContactsChange),
    Kind(
        "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ATTACH_EMPLOYEE", "organization-attach-employee", ContactsChange
    ),
    Kind(
        "MOZI_VDS_TENANT_CHANGE|ORGANIZATION_DETACH_EMPLOYEE", "organization-detach-employee", ContactsChange
    ),
    Kind("MOZI_BUC_ACCOUNT_MODIFY_REALM|change_account_name", "account-change-name", AccountChange),
    Kind("MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen", "account-frozen", AccountChange),
    Kind("MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen", "account-unfrozen", AccountChange),
    Kind("openplatform_app_update|openplatform_app_update_tag", "app-update", AppUpdate),
    Kind("notification_send_event|SendSuccessMsg", "notification-send-success", SendSuccess),
    Kind("notification_client_ack|SuccessAcceptMsg", "notification-client-ack", ClientAck),
    Kind("notification_client_ack|nc-outBound-msg_pushed", "notification-pushed", OutboundMessage),
    Kind("notification_client_ack|nc-outBound-msg_fail", "notification-failed", OutboundMessage),
    Kind("notification_client_ack|nc-outBound-msg_revoked", "notification-revoked", OutboundMessage),
    Kind("notification_client_ack|nc-outBound-msg_read", "notification-read", OutboundMessage),
    Kind("ding_create_event|FAILED_ACCOUNT_ID", "ding-failed-account", DingFailure),
)

BY_TAG = {kind.event_tag: kind for kind in CATALOG}
BY_SLUG = {kind.slug: kind for kind in CATALOG}
# Every topic, in the order of the catalogue.
SLUGS = (*BY_SLUG, UNCLASSIFIED)
# No two eventTags end alike, and the page shows contents with a `tag` and no topic.
_BY_LAST_PART = {kind.event_tag.partition("|")[2]: kind for kind in CATALOG}


def kind_of(event_tag: str | None) -> Kind:
    """Returns the kind of an event with this tag, or with none."""
    kind = BY_TAG.get(event_tag or "")
    return kind or Kind(event_tag or UNCLASSIFIED, UNCLASSIFIED, ContentModel)


def is_tag(name: str) -> bool:
    """Returns whether a text can be an eventTag: printable, not blank, not too long, and no topic's name."""
    fit = 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()
    return fit and name != UNCLASSIFIED


def slug_of(event_tag: str) -> str:
    """Returns what names the eventTag in a callback address: the slug of its topic, or else `x-…`."""
    kind = BY_TAG.get(event_tag)
    return kind.slug if kind else _OTHER + urlsafe_b64encode(event_tag.encode()).decode().rstrip("=")


def tag_of(slug: str | None) -> str | None:
    """Returns the eventTag that a slug stands for, if it stands for one."""
    if kind := BY_SLUG.get(slug or ""):
        return kind.event_tag
    return _decoded(slug) if slug and slug.startswith(_OTHER) else None


def _decoded(slug: str) -> str | None:
    text = slug.removeprefix(_OTHER)
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        # What is written otherwise than it would be here names nothing.
        tag = raw.decode() if urlsafe_b64encode(raw).decode().rstrip("=") == text else ""
    except ValueError:
        return None
    return tag if is_tag(tag) else None


def tag_within(content: object) -> str | None:
    """Returns the catalogued eventTag that a content names: whole, by `topic` and `tag`, or by `tag`."""
    if not isinstance(content, dict):
        return None
    if isinstance(event_tag := content.get("eventTag"), str) and event_tag in BY_TAG:
        return event_tag
    if not isinstance(tag := content.get("tag"), str):
        return None
    topic = content.get("topic")
    if topic is None or topic == "":
        kind = BY_TAG.get(tag) or _BY_LAST_PART.get(tag)
    else:
        kind = BY_TAG.get(f"{topic}|{tag}")
    return kind.event_tag if kind else None
