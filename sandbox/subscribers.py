"""A downstream system for the demo: one SQS queue on every topic of the relay."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.deploy import Stack

Envelope = dict[str, Any]


class Subscribers:
    """Subscribes a queue to each topic and keeps what arrives.

    Raw delivery is on: a message's body is then the CloudEvent itself, without SNS's wrapping around it.
    """

    def __init__(self, stack: Stack) -> None:
        self._sqs, self._sns = stack.cloud.client("sqs"), stack.cloud.client("sns")
        prefix = stack.outputs["EventTopicArnPrefix"]
        pages = self._sns.get_paginator("list_topics").paginate()
        arns = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
        slugs = sorted(arn.removeprefix(prefix) for arn in arns if arn.startswith(prefix))
        self.urls = {slug: self._subscribe(prefix + slug, f"downstream-{slug}") for slug in slugs}
        self.received: dict[str, list[Envelope]] = {slug: [] for slug in slugs}

    def _subscribe(self, topic: str, name: str) -> str:
        url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        described = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = described["Attributes"]["QueueArn"]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(topic, arn)})
        attributes = {"RawMessageDelivery": "true"}
        self._sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return url

    @property
    def count(self) -> int:
        return sum(len(envelopes) for envelopes in self.received.values())

    def collect(self) -> int:
        """Take in what has arrived on every queue; how many envelopes there are by now."""
        for slug, url in self.urls.items():
            while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                self._take(slug, url, messages)
        return self.count

    def _take(self, slug: str, url: str, messages: list[Mapping[str, Any]]) -> None:
        for message in messages:
            self.received[slug].append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _policy(topic: str, queue: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
