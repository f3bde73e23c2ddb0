"""An update of every parameter, and the stack's removal, keep what was entrusted to the relay."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.deploy import STACK, Stack, deploy
from sandbox.inbound_steps import ANSWER, kept_and_pending
from sandbox.outbound import attributes, dead_letters, depth, notices, put_on_queue
from sandbox.samples import BY_SLUG
from sandbox.screen import Screen
from sandbox.stage import ENOS, HURRY, MOZI, Stage, stage
from sandbox.steps import Scene, await_count
from sandbox.subscribers import Subscribers
from tests.support.template import TEMPLATE

ORG, WAITING = "o-ningbo", 5
SAMPLE = BY_SLUG["app-update"]
WAIT_SECONDS = 60
CHANGED = {
    "EnosProducePath": "/app-portal-service/v2.2/notice-message/produce",
    "AllowedSourceCidrs": "127.0.0.0/8,::1/128",
    "CallbackRateLimit": "100",
    "CallbackBurstLimit": "100",
    "SubscriberAccountIds": "111122223333",
    "EventRetentionDays": "30",
    "NoticeBatchWindowSeconds": "2",
    "NoticeMaxConcurrency": "7",
    "LogLevel": "DEBUG",
    "LogRetentionDays": "7",
    "AccessLog": "Create",
    "AlarmTopicArn": "arn:aws-cn:sns:cn-north-1:000000000000:mine",
    "Tracing": "Active",
    "SnapStart": "On",
}
# The local cloud has no load balancers' addresses.
NOT_HERE = {"StaticIpVpcId", "StaticIpSubnetIds", "StaticIpPort"}


def changed(running: Stage) -> dict[str, str]:
    """Another value for each parameter, under which the stand-ins are still found."""
    urls = {"EnosBaseUrl": running.portal.url, "GatewayBaseUrl": running.gateway.url}
    functions = running.cloud.client("lambda")
    described = functions.get_function_configuration(FunctionName=running.stack.outputs["NoticeFunctionName"])
    other = {"arm64": "x86_64", "x86_64": "arm64"}[described["Architectures"][0]]
    elsewhere = {name: url.replace("127.0.0.1", "localhost") for name, url in urls.items()}
    return CHANGED | elsewhere | {"Architecture": other}


@pytest.fixture(scope="module")
def used() -> Iterator[Scene]:
    """A stack with two kept events, one of them large, a dead letter, and notices that wait."""
    with stage("update", Screen().part, wait_scale=HURRY) as running:
        stack, gateway = running.stack, running.gateway
        scene = Scene(running, Subscribers(stack))
        stack.invoke("GatewayFunctionName", {"action": "register", "callbackUrl": stack.callback_url})
        large = {**SAMPLE.content, "note": "请" * 90_000}
        for content in (SAMPLE.content, large):
            scene.cut_off.append(gateway.deliver(SAMPLE.event_tag, content))
            assert scene.cut_off[-1].wait(WAIT_SECONDS)
        put_on_queue(stack, {"": {"n-1": {"messageId": "n-1"}}})
        await_count(lambda: depth(stack, "NoticeDeadLetterQueueUrl"), 1, WAIT_SECONDS, lambda *_: None)
        running.portal.break_down(down=True)
        put_on_queue(stack, {ORG: notices(ORG, WAITING)})
        await_count(lambda: len(running.portal.calls), 1, WAIT_SECONDS, lambda *_: None)
        yield scene


def test_an_update_of_every_parameter_keeps_data_and_secrets(used: Scene) -> None:
    running, before = used.stage, used.stage.stack
    token, kept = before.token(), kept_and_pending(before)
    parameters = changed(running)

    after = deploy(running.cloud, parameters)

    assert parameters.keys() == TEMPLATE["Parameters"].keys() - NOT_HERE
    assert (
        before.outputs.items() <= {**after.outputs, "AlarmTopicArn": before.outputs["AlarmTopicArn"]}.items()
    )
    assert (after.token(), secret(after, "Enos"), secret(after, "Gateway")) == (token, ENOS, MOZI)
    assert kept_and_pending(after) == kept
    assert variables(after)["ENOS_PRODUCE_PATH"] == CHANGED["EnosProducePath"]
    assert variables(after)["LOG_LEVEL"] == "DEBUG"
    assert letters(after) == [{"orgId": "", "messages": [{"messageId": "n-1"}]}]


def test_what_was_under_way_goes_on_after_the_update(used: Scene) -> None:
    running, stack = used.stage, used.stage.stack
    published = used.subscribers.collect()
    repeats = [running.gateway.deliver_again(one) for one in used.cut_off]
    answers = {one.wait(WAIT_SECONDS) and one.attempts[-1].body for one in repeats}
    running.portal.mend()
    accepted = await_count(lambda: len(running.portal.accepted(ORG)), WAITING, WAIT_SECONDS, lambda *_: None)

    assert answers == {ANSWER}
    assert used.subscribers.collect() == published == len(used.cut_off)
    assert accepted == WAITING
    assert depth(stack, "NoticeDeadLetterQueueUrl") == 1


def test_removing_the_stack_keeps_events_payloads_letters_and_secrets(used: Scene) -> None:
    stack, stacks = used.stage.stack, used.stage.cloud.client("cloudformation")
    kept = kept_and_pending(stack)
    stacks.delete_stack(StackName=STACK)
    gone = await_count(lambda: is_gone(stacks), 1, WAIT_SECONDS, lambda *_: None)
    objects = used.stage.cloud.client("s3").list_objects_v2(Bucket=stack.outputs["PayloadBucketName"])

    assert gone
    assert used.stage.cloud.client("lambda").list_functions()["Functions"] == []
    assert kept_and_pending(stack) == kept == (len(used.cut_off), 0)
    assert len(objects["Contents"]) == 1
    assert letters(stack) == [{"orgId": "", "messages": [{"messageId": "n-1"}]}]
    assert depth(stack, "NoticeQueueUrl") == 0
    assert (secret(stack, "Enos"), secret(stack, "Gateway")) == (ENOS, MOZI)


def is_gone(stacks: Any) -> int:
    time.sleep(0.5)
    try:
        stacks.describe_stacks(StackName=STACK)
    except ClientError:
        return 1
    return 0


def secret(stack: Stack, vendor: str) -> Any:
    value = stack.cloud.client("secretsmanager").get_secret_value(
        SecretId=stack.outputs[f"{vendor}CredentialsSecretArn"]
    )
    return json.loads(value["SecretString"])


def variables(stack: Stack) -> Any:
    functions = stack.cloud.client("lambda")
    name = stack.outputs["NoticeFunctionName"]
    return functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]


def letters(stack: Stack) -> list[Any]:
    found = dead_letters(stack)
    assert [attributes(one)["errorCode"] for one in found] == ["InvalidNotice"]
    return [json.loads(one["Body"]) for one in found]
