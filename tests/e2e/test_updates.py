"""An update of the release or of every parameter, and the stack's removal, keep what was entrusted to it."""

import io
import itertools
import json
import os
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from sandbox.cloud.deploy import STACK, Stack, deploy
from sandbox.cloud.ministack import ROOT, STATE, SandboxError
from sandbox.cloud.sam import build
from sandbox.demo.inputs import BY_SLUG, ORGANISATIONS, notice, notices
from sandbox.demo.scene import (
    ANSWER,
    Scene,
    await_count,
    dead_letters,
    depth,
    kept_and_pending,
    put_on_queue,
    shown_once,
)
from sandbox.demo.stage import ENOS, HURRY, MOZI, Stage, stage
from sandbox.demo.subscribers import Subscribers
from sandbox.vendors.callbacks import Delivery
from tests.support.certificates import PrivateAuthority, private_authority
from tests.support.forward_proxy import ForwardProxy
from tests.support.template import TEMPLATE

ORG, WAITING = "o-ningbo", 5
SAMPLE = BY_SLUG["app-update"]
WAIT_SECONDS = 60
# The release from which this one must be reached; from the next on, the last tag.
BEFORE = "e0128d0"
BUSY_ORG, PAUSE_SECONDS, LEAST_TRAFFIC = "o-wenzhou", 0.2, 10
CHANGED = {
    "EnosProducePath": "/app-portal-service/v2.2/notice-message/produce",
    "AllowedSourceCidrs": "127.0.0.0/8,::1/128",
    "CallbackRateLimit": "100",
    "CallbackBurstLimit": "100",
    "SubscriberAccountIds": "111122223333",
    "SenderAccountIds": "111122223333",
    "EventRetentionDays": "30",
    "IdentityIgnoresFields": "eventTime",
    "OutboundSubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b",
    "OutboundSecurityGroupIds": "sg-0a1b2c3d",
    "NoticeBatchWindowSeconds": "2",
    "NoticeMaxConcurrency": "7",
    "LogLevel": "DEBUG",
    "LogRetentionDays": "7",
    "AccessLog": "Create",
    "AlarmTopicArn": "arn:aws-cn:sns:cn-north-1:000000000000:mine",
}
# The local cloud has no load balancers' addresses, and its region neither tracing nor snapshots.
NOT_HERE = {"StaticIpVpcId", "StaticIpSubnetIds", "StaticIpPort", "Tracing", "SnapStart"}


@pytest.fixture(scope="module")
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy(authorization="Basic cmVsYXk6cEBzcw==") as running:
        yield running


def changed(running: Stage, proxy: ForwardProxy, authority: PrivateAuthority) -> dict[str, str]:
    """Another value for each parameter, under which the stand-ins are still found."""
    secrets = running.cloud.client("secretsmanager")
    way_out = {
        "OutboundProxyUrl": f"http://relay:p%40ss@{proxy.address}",
        "PortalCaSecretArn": secrets.create_secret(Name="authority", SecretString=authority.pem)["ARN"],
    }
    urls = {"EnosBaseUrl": running.portal.url, "GatewayBaseUrl": running.gateway.url}
    functions = running.cloud.client("lambda")
    described = functions.get_function_configuration(FunctionName=running.stack.outputs["NoticeFunctionName"])
    other = {"arm64": "x86_64", "x86_64": "arm64"}[described["Architectures"][0]]
    elsewhere = {name: url.replace("127.0.0.1", "localhost") for name, url in urls.items()}
    return CHANGED | elsewhere | way_out | {"Architecture": other}


class Traffic:
    """Events and notices, one after the other for as long as its `with` block lasts."""

    def __init__(self, scene: Scene) -> None:
        self.deliveries: list[Delivery] = []
        self.notices: dict[str, dict[str, Any]] = {}
        self._scene, self._over, self._pool = scene, threading.Event(), ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        self._running = self._pool.submit(self._send)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        self._running.result()

    def _send(self) -> None:
        running, users = self._scene.stage, ORGANISATIONS[BUSY_ORG]
        for number in itertools.count(1):
            if self._over.wait(PAUSE_SECONDS):
                return
            content = {**SAMPLE.content, "number": number}
            self.deliveries.append(running.gateway.deliver(SAMPLE.event_tag, content))
            made = {f"n-busy-{number}": notice(number, f"n-busy-{number}", users)}
            put_on_queue(running.stack, {BUSY_ORG: made})
            self.notices |= made


def release_before() -> Path:
    """A checkout of the release from which an update must be whole; it stays, with what is built in it."""
    folder, git = STATE / "releases" / BEFORE, shutil.which("git")
    if not folder.exists():
        command = [git or "git", "-C", str(ROOT), "archive", BEFORE]
        archive = subprocess.run(command, capture_output=True) if git else None
        if archive is None or archive.returncode:
            pytest.skip(f"this is no clone that has the commit {BEFORE}")
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
            packed.extractall(unpacked := folder.with_suffix(f".{os.getpid()}"), filter="data")
        unpacked.rename(folder)
    return folder


@pytest.fixture(scope="module")
def before() -> Iterator[Scene]:
    """A stack of a release before with two kept events, one of them large, and a dead letter."""
    with stage("update", Console(highlight=False), wait_scale=HURRY, folder=release_before()) as running:
        stack, gateway = running.stack, running.gateway
        scene = Scene(running, Subscribers(stack))
        stack.invoke("GatewayFunctionName", {"action": "register", "callbackUrl": stack.callback_url})
        large = {**SAMPLE.content, "note": "请" * 90_000}
        for content in (SAMPLE.content, large):
            scene.cut_off.append(gateway.deliver(SAMPLE.event_tag, content))
            assert scene.cut_off[-1].wait(WAIT_SECONDS)
        put_on_queue(stack, {"": {"n-1": {"messageId": "n-1"}}})
        await_count(lambda: depth(stack, "NoticeDeadLetterQueueUrl"), 1, WAIT_SECONDS)
        yield scene


class Updated(NamedTuple):
    scene: Scene
    traffic: Traffic


@pytest.fixture(scope="module")
def updated(before: Scene) -> Updated:
    """The same stack, brought to this release while events and notices came."""
    running = before.stage
    build(running.cloud.sam_log)
    with Traffic(before) as traffic:
        stack = deploy(
            running.cloud, {"EnosBaseUrl": running.portal.url, "GatewayBaseUrl": running.gateway.url}
        )
    return Updated(replace(before, stage=replace(running, stack=stack)), traffic)


@pytest.fixture(scope="module")
def used(updated: Updated) -> Scene:
    """The updated stack with notices that wait for a portal which is down."""
    portal = updated.scene.stage.portal
    portal.break_down(down=True)
    calls = len(portal.calls)
    put_on_queue(updated.scene.stage.stack, {ORG: notices(ORG, WAITING)})
    await_count(lambda: len(portal.calls), calls + 1, WAIT_SECONDS)
    return updated.scene


def test_an_update_from_the_release_before_loses_and_refuses_nothing(updated: Updated) -> None:
    scene, traffic = updated
    running, sent = scene.stage, traffic.notices
    accepted = await_count(lambda: len(running.portal.accepted(BUSY_ORG)), len(sent), WAIT_SECONDS)
    published = [scene.subscribers.collect(), kept_and_pending(running.stack)]
    events = len(scene.cut_off) + len(traffic.deliveries)

    assert len(traffic.deliveries) >= LEAST_TRAFFIC
    assert {attempt.body for one in traffic.deliveries for attempt in one.attempts} == {ANSWER}
    assert {len(one.attempts) for one in traffic.deliveries} == {1}
    assert published == [events, (events, 0)]
    assert accepted == len(sent)
    assert shown_once(scene, BUSY_ORG, sent).ok
    assert len(letters(running.stack)) == 1


def test_after_it_every_call_reaches_the_release_in_force(updated: Updated) -> None:
    stack = updated.scene.stage.stack
    functions = stack.cloud.client("lambda")
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    names = [name for name in stack.outputs if name.endswith("FunctionName")]

    assert mapping["FunctionArn"].endswith(f":{stack.outputs['NoticeFunctionName']}")
    for name in names:
        described = functions.get_function_configuration(FunctionName=stack.outputs[name])
        latest = functions.get_function_configuration(FunctionName=stack.outputs[name].partition(":")[0])
        assert described["Version"].isdecimal()
        assert described["CodeSha256"] == latest["CodeSha256"]
        assert described["Layers"] == latest["Layers"]


def test_what_the_region_lacks_is_refused_with_a_sentence_and_nothing_is_changed(updated: Updated) -> None:
    running = updated.scene.stage
    urls = {"EnosBaseUrl": running.portal.url, "GatewayBaseUrl": running.gateway.url}
    before = variables(running.stack)

    with pytest.raises(SandboxError, match="no SnapStart for Python"):
        deploy(running.cloud, {**urls, "SnapStart": "On", "LogLevel": "ERROR"})

    assert variables(running.stack) == before


def test_an_update_of_every_parameter_keeps_data_and_secrets(
    used: Scene, proxy: ForwardProxy, tmp_path: Path
) -> None:
    running, before = used.stage, used.stage.stack
    token, kept = before.token(), kept_and_pending(before)
    parameters = changed(running, proxy, private_authority(tmp_path))

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


def test_what_was_under_way_goes_on_after_the_update_by_the_new_way_out(
    used: Scene, proxy: ForwardProxy
) -> None:
    running, stack = used.stage, used.stage.stack
    published = used.subscribers.collect()
    repeats = [running.gateway.deliver_again(one) for one in used.cut_off]
    answers = {one.wait(WAIT_SECONDS) and one.attempts[-1].body for one in repeats}
    running.portal.fix()
    accepted = await_count(lambda: len(running.portal.accepted(ORG)), WAITING, WAIT_SECONDS)

    assert answers == {ANSWER}
    assert used.subscribers.collect() == published
    assert accepted == WAITING
    assert {line.partition(" ")[0] for line in proxy.asked} == {"POST"}
    assert depth(stack, "NoticeDeadLetterQueueUrl") == 1


def test_removing_the_stack_keeps_events_payloads_letters_and_secrets(used: Scene) -> None:
    stack, stacks = used.stage.stack, used.stage.cloud.client("cloudformation")
    kept = kept_and_pending(stack)
    stacks.delete_stack(StackName=STACK)
    gone = await_count(lambda: is_gone(stacks), 1, WAIT_SECONDS)
    objects = used.stage.cloud.client("s3").list_objects_v2(Bucket=stack.outputs["PayloadBucketName"])

    assert gone
    assert used.stage.cloud.client("lambda").list_functions()["Functions"] == []
    assert kept_and_pending(stack) == kept
    assert kept[0] > len(used.cut_off)
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
    assert [one["errorCode"] for one in found] == ["InvalidNotice"]
    return [json.loads(one["body"]) for one in found]
