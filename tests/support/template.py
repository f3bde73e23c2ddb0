"""template.yaml as the tests see it: its resources, and mock AWS made from them."""

from pathlib import Path
from typing import Any, Final

import boto3
from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]

REGION: Final = "cn-north-1"
ACCOUNT = "123456789012"
TOPIC_PREFIX = f"arn:aws-cn:sns:{REGION}:{ACCOUNT}:relay-event-"
EVENT_TABLE = "events"
PAYLOAD_BUCKET = "payloads"


def of_type(kind: str) -> dict[str, Any]:
    """Logical id -> resource, for the resources of one type."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def variables(function: str) -> set[str]:
    """Names of the environment variables that the template gives to a function."""
    return set(RESOURCES[function]["Properties"]["Environment"]["Variables"])


def event_topics() -> dict[str, Any]:
    """Logical id -> resource, for the topics of events."""
    topics = subscribed_topics()
    del topics["NoticeOutcomeTopic"]
    return topics


def subscribed_topics() -> dict[str, Any]:
    """Logical id -> resource, for all topics but that of the alarms."""
    topics = of_type("AWS::SNS::Topic")
    del topics["AlarmTopic"]
    return topics


def topic_slugs() -> list[str]:
    """Slug of each event's topic: its name after the stack's and `event`."""
    return [
        topic["Properties"]["TopicName"]["Fn::Sub"].removeprefix("${AWS::StackName}-event-")
        for topic in event_topics().values()
    ]


def make_event_table() -> None:
    properties = RESOURCES["EventTable"]["Properties"]
    taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    boto3.client("dynamodb").create_table(TableName=EVENT_TABLE, **{name: properties[name] for name in taken})


def make_topics() -> None:
    for slug in topic_slugs():
        boto3.client("sns").create_topic(Name=f"relay-event-{slug}")


def make_outcome_topic() -> str:
    """The topic of outcomes; its ARN."""
    name = RESOURCES["NoticeOutcomeTopic"]["Properties"]["TopicName"]["Fn::Sub"]
    return boto3.client("sns").create_topic(Name=name.replace("${AWS::StackName}", "relay"))["TopicArn"]


def make_payload_bucket() -> None:
    boto3.client("s3").create_bucket(
        Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def make_queue(name: str) -> str:
    """A queue with the template's attributes, without its redrive; its URL."""
    properties = RESOURCES[name]["Properties"]
    taken = ("MessageRetentionPeriod", "VisibilityTimeout")
    attributes: Any = {key: str(properties[key]) for key in taken if key in properties}
    return boto3.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def make_secret(name: str, text: str | None) -> str:
    """A secret, with a value or (None) still without one; its ARN."""
    given: dict[str, Any] = {} if text is None else {"SecretString": text}
    return boto3.client("secretsmanager").create_secret(Name=name, **given)["ARN"]
