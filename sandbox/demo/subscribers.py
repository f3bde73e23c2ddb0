"""A downstream system: SQS queues on the topics of the relay, and what arrives in them."""

import json
from typing import Any

from sandbox.cloud.deploy import Stack

Envelope = dict[str, Any]


class Subscribers:
    """Subscribes a queue to each topic of events, and to that of `outcomes`, and keeps what arrives.

    Raw delivery is on: a message's body is then the CloudEvent itself, without SNS's wrapping around it.
    """

    def __init__(self, stack: Stack, *, outcomes: str = "") -> None:
        self._sqs = stack.cloud.client("sqs")
        prefix = stack.outputs["EventTopicArnPrefix"]
        pages = stack.cloud.client("sns").get_paginator("list_topics").paginate()
        arns = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
        slugs = sorted(arn.removeprefix(prefix) for arn in arns if arn.startswith(prefix))
        self.urls = {slug: subscribe_queue(stack, slug, f"downstream-{slug}") for slug in slugs}
        self.received: dict[str, list[Envelope]] = {slug: [] for slug in slugs}
        name = "downstream-notice-outcome"
        self.outcomes_url = _subscribe(stack, outcomes, name, {}) if outcomes else ""
        self._outcomes: list[Envelope] = []

    def collect(self) -> int:
        """Take in what has arrived on every queue; how many envelopes there are by now."""
        for slug, url in self.urls.items():
            self._take(url, self.received[slug])
        return sum(len(envelopes) for envelopes in self.received.values())

    def outcomes(self) -> list[Envelope]:
        """Take in what has arrived of outcomes; returns all so far."""
        self._take(self.outcomes_url, self._outcomes)
        return self._outcomes

    def _take(self, url: str, into: list[Envelope]) -> None:
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                into.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def subscribe_queue(stack: Stack, slug: str, name: str, *, raw: bool = True, only: Any = None) -> str:
    """Make a queue that gets a topic's events, or those only that a filter policy lets through; its URL.

    What SNS cannot deliver goes into a queue of its own, as docs/subscribe.md has it.
    """
    filtered = {"FilterPolicy": json.dumps(only)} if only else {}
    return _subscribe(stack, stack.outputs["EventTopicArnPrefix"] + slug, name, filtered, raw=raw)


def _subscribe(stack: Stack, topic: str, name: str, more: dict[str, str], *, raw: bool = True) -> str:
    url, arn = _queue(stack, name, topic)
    _, undelivered = _queue(stack, f"{name}-undelivered", topic)
    redrive = json.dumps({"deadLetterTargetArn": undelivered})
    attributes = {"RawMessageDelivery": json.dumps(raw), "RedrivePolicy": redrive, **more}
    sns = stack.cloud.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url


def _queue(stack: Stack, name: str, topic: str) -> tuple[str, str]:
    """Make a queue that takes what a topic sends; its URL and its ARN."""
    sqs = stack.cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn
