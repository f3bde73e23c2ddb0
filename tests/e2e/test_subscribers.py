"""Whatever subscribes to a topic gets the same envelope; a filter policy lets through just its tenant's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.cloud.deploy import Stack, small_function
from sandbox.demo.inputs import BY_SLUG
from sandbox.demo.scene import Arrivals, Scene, await_count
from sandbox.demo.stage import Stage
from sandbox.demo.subscribers import subscribe_queue
from sandbox.vendors.callbacks import Delivery
from sandbox.vendors.loopback import Answer, Loopback, Request

SAMPLE = BY_SLUG["notification-read"]
OF_TENANTS = BY_SLUG["employee-leave"]
WAIT_SECONDS = 30

# A subscriber's function: it passes on what SNS hands it.
FORWARDER = """
from botocore.session import get_session

sqs = get_session().create_client("sqs")

def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl={url!r}, MessageBody=record["Sns"]["Message"])
"""


class Listener(Loopback):
    """A subscriber by HTTP: keeps what it is told, its confirmation's token apart.

    On AWS the topic's policy wants https; the local cloud cannot be made to trust a certificate of ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.heard = list[str](), list[dict[str, Any]]()

    def answer(self, request: Request) -> Answer:
        told = json.loads(request.body)
        if request.headers["x-amz-sns-message-type"] == "SubscriptionConfirmation":
            self.tokens.append(told["Token"])
        else:
            self.heard.append(told)
        return Answer(200, {})


@pytest.fixture
def listener(running: Stage) -> Iterator[Listener]:
    """Subscribed and confirmed: by its token, as the local cloud knows a SubscribeURL in one region only."""
    sns, topic = running.cloud.client("sns"), running.stack.outputs["EventTopicArnPrefix"] + SAMPLE.slug
    with Listener() as listening:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listening.url)
        await_count(lambda: len(listening.tokens), 1, WAIT_SECONDS)
        sns.confirm_subscription(TopicArn=topic, Token=listening.tokens[0])
        yield listening


def test_queues_functions_and_http_endpoints_get_the_same_envelope(
    running: Stage, listener: Listener
) -> None:
    stack = running.stack
    raw = subscribe_queue(stack, SAMPLE.slug, "raw")
    wrapped = subscribe_queue(stack, SAMPLE.slug, "wrapped", raw=False)
    forwarded = subscribe_function(stack, SAMPLE.slug)
    made = deliver(running, SAMPLE.event_tag, SAMPLE.slug, SAMPLE.content)

    assert made.wait(WAIT_SECONDS)
    await_count(lambda: len(listener.heard), 1, WAIT_SECONDS)
    (envelope,) = bodies(stack, raw)
    assert [json.loads(body)["Message"] for body in bodies(stack, wrapped)] == [envelope]
    assert bodies(stack, forwarded) == [envelope]
    assert [told["Message"] for told in listener.heard] == [envelope]
    event = json.loads(envelope)
    assert (event["specversion"], event["type"], event["data"]) == ("1.0", SAMPLE.event_tag, SAMPLE.content)


def test_a_filter_policy_lets_through_the_events_of_its_tenant_alone(running: Stage, scene: Scene) -> None:
    slug, arrivals = OF_TENANTS.slug, Arrivals(scene.subscribers)
    url = subscribe_queue(running.stack, slug, "of-one-tenant", only={"tenantId": ["200002"]})
    nobodys = {name: value for name, value in OF_TENANTS.content.items() if name != "tenantId"}
    contents = [nobodys, *({**nobodys, "tenantId": tenant} for tenant in ("200001", "200002", 200002, "2"))]
    for content in contents:
        assert deliver(running, OF_TENANTS.event_tag, slug, content).wait(WAIT_SECONDS)

    assert arrivals.wait(len(contents), WAIT_SECONDS) == len(contents)
    # A tenant's number may come as one or as text; the attribute is text.
    got = [json.loads(body)["data"]["tenantId"] for body in bodies(running.stack, url)]
    assert sorted(map(repr, got)) == ["'200002'", "200002"]


def deliver(running: Stage, event_tag: str, slug: str, content: Any) -> Delivery:
    stack = running.stack
    return running.gateway.deliver(event_tag, content, url=f"{stack.callback_url}/{stack.token()}/{slug}")


def subscribe_function(stack: Stack, slug: str) -> str:
    """Subscribe a function to a topic; the URL of the queue that it passes on to."""
    url: str = stack.cloud.client("sqs").create_queue(QueueName="forwarded")["QueueUrl"]
    functions = stack.cloud.client("lambda")
    relay = functions.get_function_configuration(FunctionName=stack.outputs["CallbackFunctionName"])
    function = small_function(
        stack.cloud,
        "downstream-forwarder",
        FORWARDER.format(url=url),
        layers=[layer["Arn"] for layer in relay["Layers"]],
        allowed=[{"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:forwarded"}],
    )
    topic = stack.outputs["EventTopicArnPrefix"] + slug
    functions.add_permission(
        FunctionName=function,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    stack.cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    return url


def bodies(stack: Stack, url: str) -> list[str]:
    """The messages of a queue, once there are any."""
    messages = stack.cloud.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT_SECONDS // 2
    )
    return [message["Body"] for message in messages.get("Messages", [])]
