"""Who subscribes to a topic, and where an event goes that SNS cannot deliver to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from operate.errors import NOT_ALLOWED
from operate.stack import Stack
from operate.status.facts import Subscription
from relay.masking import mask_addresses

# What SNS says in place of an ARN of what it waits for or has forgotten.
_PENDING, _DELETED = "PendingConfirmation", "Deleted"


def subscriptions(stack: Stack, slug: str) -> Sequence[Subscription]:
    """Returns a topic's subscriptions. Raises OperatorError, and what botocore raises."""
    topic = stack.output("EventTopicArnPrefix") + slug
    pages = stack.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    listed = [one for page in pages for one in page.get("Subscriptions", ())]
    account = topic.split(":")[4]
    return [_described(stack, one, account) for one in listed if one["SubscriptionArn"] != _DELETED]


def _described(stack: Stack, listed: Mapping[str, str], account: str) -> Subscription:
    protocol, endpoint = listed["Protocol"], mask_addresses(listed["Endpoint"])
    if listed["SubscriptionArn"] == _PENDING:
        return Subscription(protocol, endpoint, confirmed=False, dead_letter_queue=None)
    try:
        found = _attributes(stack, listed["SubscriptionArn"])
    except ClientError as error:
        if listed["Owner"] == account or error.response["Error"]["Code"] not in NOT_ALLOWED:
            raise
        return Subscription(protocol, endpoint, confirmed=True, dead_letter_queue=None)
    if found.get("PendingConfirmation") == "true":
        return Subscription(protocol, endpoint, confirmed=False, dead_letter_queue=None)
    return Subscription(
        protocol, endpoint, confirmed=True, dead_letter_queue=bool(found.get("RedrivePolicy"))
    )


def _attributes(stack: Stack, arn: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.client("sns").get_subscription_attributes(SubscriptionArn=arn)
    attributes: Mapping[str, Any] = found["Attributes"]
    return attributes
