"""What AWS itself knows about a deployed relay; all of it raises what botocore raises, and OperatorError."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from operate.errors import NOT_ALLOWED
from operate.stack import MESSAGES, Stack
from operate.status import facts
from relay.masking import mask_addresses

# SQS tells the age once a minute, and CloudWatch shows it some minutes later; the function tells the age of
# what it defers at each receive, at least twice an hour. SQS leaves out what was received three times.
_AGE_WITHIN, _DEFERRED_WITHIN = timedelta(minutes=15), timedelta(hours=1)
# What SNS says in place of an ARN of what it waits for or has forgotten.
_PENDING, _DELETED = "PendingConfirmation", "Deleted"


def secret(stack: Stack, output: str) -> facts.Secret:
    """Whether a secret is filled, and since when; its value is not asked for."""
    found = stack.client("secretsmanager").describe_secret(SecretId=stack.output(output))
    return facts.Secret(bool(found.get("VersionIdsToStages")), found.get("LastChangedDate"))


def depth(stack: Stack, output: str) -> facts.Depth:
    return facts.Depth(*stack.queue_numbers(output, MESSAGES, f"{MESSAGES}NotVisible", f"{MESSAGES}Delayed"))


def oldest_notice(stack: Stack, now: datetime) -> facts.Age:
    """How long the oldest record has been in the queue, as CloudWatch last heard."""
    queue = {"QueueName": stack.output("NoticeQueueUrl").rpartition("/")[2]}
    ours = {"service": "notice", "stack": stack.name}
    ages = [
        _newest(stack, "AWS/SQS", "ApproximateAgeOfOldestMessage", queue, now - _AGE_WITHIN, now),
        _newest(stack, "MoziRelay", "DeferredAge", ours, now - _DEFERRED_WITHIN, now),
    ]
    return facts.Age(max(filter(None, ages), default=next((age for age in ages if age is not None), None)))


def _newest(
    stack: Stack, namespace: str, metric: str, dimensions: Mapping[str, str], since: datetime, until: datetime
) -> float | None:
    """The last value of a metric, if there was any."""
    answer = stack.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=since,
        EndTime=until,
        Period=60,
        Statistics=["Maximum"],
    )
    points = answer.get("Datapoints", [])
    return max(points, key=lambda point: point["Timestamp"])["Maximum"] if points else None


def alarms(stack: Stack) -> Sequence[facts.Alarm]:
    """The stack's alarms that are on."""
    pages = stack.client("cloudwatch").get_paginator("describe_alarms")
    # As CloudFormation names them; another stack's name may begin with this one's.
    ours = re.compile(rf"{re.escape(stack.name)}-(?P<name>[A-Za-z0-9]+)-[A-Za-z0-9]+")
    found: list[facts.Alarm] = []
    for answer in pages.paginate(AlarmNamePrefix=f"{stack.name}-", StateValue="ALARM"):
        for alarm in answer.get("MetricAlarms", []):
            name = ours.fullmatch(alarm["AlarmName"])
            if name and alarm.get("StateValue", "ALARM") == "ALARM":
                since = alarm.get("StateUpdatedTimestamp")
                found.append(facts.Alarm(name["name"], since, alarm.get("AlarmDescription", "")))
    return found


def subscriptions(stack: Stack, slug: str) -> Sequence[facts.Subscription]:
    """A topic's subscriptions, and where that goes which SNS cannot deliver to them."""
    outcomes = slug == facts.OUTCOMES
    topic = stack.output(facts.OUTCOME_TOPIC) if outcomes else stack.output("EventTopicArnPrefix") + slug
    pages = stack.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    listed = [one for page in pages for one in page.get("Subscriptions", ())]
    account = topic.split(":")[4]
    return [_described(stack, one, account) for one in listed if one["SubscriptionArn"] != _DELETED]


def _described(stack: Stack, listed: Mapping[str, str], account: str) -> facts.Subscription:
    arn, protocol = listed["SubscriptionArn"], listed["Protocol"]
    endpoint = mask_addresses(listed["Endpoint"])
    if arn == _PENDING:
        return facts.Subscription(protocol, endpoint, confirmed=False)
    try:
        found = stack.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    except ClientError as error:
        if listed["Owner"] == account or error.response["Error"]["Code"] not in NOT_ALLOWED:
            raise
        return facts.Subscription(protocol, endpoint, confirmed=True)
    if found.get("PendingConfirmation") == "true":
        return facts.Subscription(protocol, endpoint, confirmed=False)
    return facts.Subscription(protocol, endpoint, True, bool(found.get("RedrivePolicy")))
