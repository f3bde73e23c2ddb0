"""`mozi-relay status` against AWS as moto has it: its questions are ones that AWS understands."""

import json
import time
from typing import Any

import boto3
import pytest

from operate.stack import Stack
from tests.support import template
from tests.support.command_line import ran
from tests.support.relay_stub import NAME, OUTPUTS, RelayStub, ago

LOG = template.RESOURCES["NoticeLogGroup"]["Properties"]["LogGroupName"]["Fn::Sub"]


@pytest.fixture
def stack(cloud: None) -> Stack:
    """A relay whose functions are stubs, and whose AWS is moto's."""
    filled = json.dumps({"a": "b"})
    made = {
        "CallbackTokenSecretArn": template.make_secret("token", filled),
        "EnosCredentialsSecretArn": template.make_secret("enos", None),
        "GatewayCredentialsSecretArn": template.make_secret("gateway", filled),
        "NoticeQueueUrl": template.make_queue("NoticeQueue"),
        "NoticeDeadLetterQueueUrl": template.make_queue("NoticeDeadLetterQueue"),
    }
    template.make_topics()
    made["EventTopicArnPrefix"] = template.TOPIC_PREFIX
    functions = RelayStub()
    session: Any = boto3.session.Session()
    return Stack(NAME, OUTPUTS | made, lambda name: functions if name == "lambda" else session.client(name))


def found(stack: Stack) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        ran("status", "--stack", NAME, "--json", connect=lambda *_: stack).stdout
    )
    return answer


def test_queues_and_letters_are_counted_and_nothing_is_received(stack: Stack) -> None:
    sqs = boto3.client("sqs")
    for output, many in (("NoticeQueueUrl", 3), ("NoticeDeadLetterQueueUrl", 2)):
        for number in range(many):
            sqs.send_message(QueueUrl=stack.outputs[output], MessageBody=str(number))
    sqs.receive_message(QueueUrl=stack.outputs["NoticeQueueUrl"])

    told = found(stack)

    assert told["queue"] == {"visible": 2, "invisible": 1, "delayed": 0}
    assert told["deadLetters"] == {"visible": 2, "invisible": 0, "delayed": 0}


def test_a_secret_that_the_template_makes_without_a_value_is_not_filled(stack: Stack) -> None:
    secrets = found(stack)["secrets"]

    assert [secrets[name]["filled"] for name in ("callbackToken", "enosCredentials")] == [True, False]


def test_the_queues_age_is_cloudwatchs(stack: Stack) -> None:
    dimensions: Any = [{"Name": "QueueName", "Value": "NoticeQueue"}]
    told: Any = {"MetricName": "ApproximateAgeOfOldestMessage", "Dimensions": dimensions, "Value": 77.0}
    told["Timestamp"] = ago(minutes=2)
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[told])

    assert found(stack)["oldestNotice"] == {"seconds": 77.0}


def test_the_stacks_alarms_that_are_on_are_found(stack: Stack) -> None:
    cloudwatch = boto3.client("cloudwatch")
    for name, state in (("A", "ALARM"), ("B", "OK"), ("dev-C", "ALARM")):
        alarm = f"{NAME}-{name}-1ABCDEFGHIJK"
        cloudwatch.put_metric_alarm(
            AlarmName=alarm, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1
        )
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="test")

    assert [one["name"] for one in found(stack)["alarms"]] == ["A"]


def test_a_log_that_is_not_there_is_unknown_and_the_rest_is_told(stack: Stack) -> None:
    told = found(stack)

    assert "ResourceNotFoundException" in told["portalErrors"]["unknown"]
    assert told["alarms"] == []


def test_the_notice_functions_log_is_where_the_template_puts_it(stack: Stack) -> None:
    logs, group = boto3.client("logs"), LOG.replace("${AWS::StackName}", NAME)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    said = json.dumps({"message": "portal unavailable", "errorCode": "503"})
    event: Any = {"timestamp": int(time.time() * 1000) - 60_000, "message": said}
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])

    assert found(stack)["portalErrors"]["last"]["code"] == "503"


def test_a_topics_subscriptions_are_found_with_their_dead_letter_queues(stack: Stack) -> None:
    sns, topic = boto3.client("sns"), f"{template.TOPIC_PREFIX}employee-leave"
    queues = [f"arn:aws-cn:sqs:{template.REGION}:{template.ACCOUNT}:{name}" for name in ("with", "without")]
    kept = json.dumps({"deadLetterTargetArn": queues[0] + "-dlq"})
    for queue, attributes in zip(queues, [{"RedrivePolicy": kept}, {}], strict=True):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)

    (leave,) = (one for one in found(stack)["topics"] if one["slug"] == "employee-leave")
    assert {one["endpoint"]: one["deadLetterQueue"] for one in leave["subscriptions"]} == {
        queues[0]: True,
        queues[1]: False,
    }
