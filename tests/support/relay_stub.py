"""A deployed relay as the operator's commands see it: AWS clients that answer what they are told to."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from operate.stack import Stack
from relay.api.base import ActionAnswer
from relay.api.gateway import FailedAnswer, FailedCounts, ListAnswer, ListCounts, ListedTag
from relay.api.recovery import PendingEvents, SetAsideEvents, StatusAnswer
from relay.catalog import CATALOG, SLUGS

NAME = "mozi-relay"
TOPIC_PREFIX = "arn:aws-cn:sns:cn-north-1:123456789012:mozi-relay-event-"
OUTCOME_TOPIC = "arn:aws-cn:sns:cn-north-1:123456789012:mozi-relay-notice-outcome"
QUEUE, LETTERS = "https://sqs/1/notices", "https://sqs/1/letters"
OUTPUTS = {
    "CallbackUrl": "https://api.example/relay/callback",
    "EventTopicArnPrefix": TOPIC_PREFIX,
    "CallbackTokenSecretArn": "arn:token",
    "EnosCredentialsSecretArn": "arn:enos",
    "GatewayCredentialsSecretArn": "arn:gateway",
    "NoticeQueueUrl": QUEUE,
    "NoticeDeadLetterQueueUrl": LETTERS,
    "RecoveryFunctionName": "the-recovery",
    "GatewayFunctionName": "the-gateway",
}

_serial = count(1)

type Answer = ActionAnswer | Mapping[str, Any] | Exception


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(operation: str, code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, operation)


def listed(**states: str) -> ListAnswer:
    """The gateway function's list: every tag current, but for those that are named (dashes as _)."""
    given = {slug.replace("_", "-"): state for slug, state in states.items()}
    tags = [
        ListedTag(event_tag=kind.event_tag, slug=kind.slug, state=given.get(kind.slug, "current"))
        for kind in CATALOG
    ]
    return ListAnswer(action="list", counts=ListCounts(), tags=tags, unknown=[])


def standing(
    *,
    tags: Mapping[str, str | None] | None = None,
    pending: PendingEvents | None = None,
    unknown: Mapping[str, str] | None = None,
    set_aside: SetAsideEvents | None = None,
) -> StatusAnswer:
    """The recovery function's status: nothing came, and nothing waits."""
    return StatusAnswer(
        action="status",
        tags=dict.fromkeys(SLUGS) if tags is None else dict(tags),
        pending=pending or PendingEvents(count=0, more=False, oldest=None),
        unknown=dict(unknown or {}),
        set_aside=set_aside,
    )


def depth(visible: int = 0, invisible: int = 0, delayed: int = 0) -> dict[str, Any]:
    names = ("", "NotVisible", "Delayed")
    counts = zip(names, (visible, invisible, delayed), strict=True)
    return {"Attributes": {f"ApproximateNumberOfMessages{name}": str(count) for name, count in counts}}


def subscription(
    *, protocol: str = "sqs", endpoint: str = "arn:aws-cn:sqs:cn-north-1:123456789012:q", **given: Any
) -> dict[str, Any]:
    """A subscription with a dead-letter queue, unless its `attributes` say otherwise; an error is raised."""
    kept = {"PendingConfirmation": "false", "RedrivePolicy": '{"deadLetterTargetArn": "arn:dlq"}'}
    listed = {
        "SubscriptionArn": f"arn:s-{next(_serial)}",
        "Owner": "123456789012",
        "Protocol": protocol,
        "Endpoint": endpoint,
    }
    return {**listed, "attributes": kept, **given}


def line(at: datetime, message: str = "portal unavailable", **facts: Any) -> dict[str, Any]:
    """A line of the notice function's log."""
    said = json.dumps({"level": "WARNING", "message": message, "error_code": "503", **facts})
    return {"timestamp": int(at.timestamp() * 1000), "message": said}


@dataclass
class RelayStub:
    """Answers every client's calls; a well relay until a field is changed. An error in place of an answer is
    raised. `requests` keeps what the functions were asked for."""

    gateway: dict[str, Answer] = field(default_factory=lambda: {"list": listed(), "failed": failed_list(0)})
    recovery: Answer = field(default_factory=standing)
    queues: dict[str, Answer] = field(default_factory=lambda: {QUEUE: depth(), LETTERS: depth()})
    secrets: dict[str, Answer] = field(default_factory=dict)
    datapoints: Answer = field(default_factory=lambda: {"Datapoints": []})
    deferred: Answer = field(default_factory=lambda: {"Datapoints": []})
    log: list[dict[str, Any]] | Exception = field(default_factory=list)
    alarms: list[dict[str, Any]] | Exception = field(default_factory=list)
    subscriptions: dict[str, list[dict[str, Any]] | Exception] = field(
        default_factory=lambda: {slug: [subscription()] for slug in SLUGS}
    )
    outputs: dict[str, str] = field(default_factory=lambda: dict(OUTPUTS))
    parameters: dict[str, str] = field(
        default_factory=lambda: {
            "AllowedSourceCidrs": "203.0.113.0/24",
            "EnosBaseUrl": "https://enos.example",
            "GatewayBaseUrl": "https://gateway.example",
        }
    )
    requests: list[dict[str, Any]] = field(default_factory=list)
    log_questions: list[dict[str, Any]] = field(default_factory=list)
    page_size: int = 100

    def stack(self, *_: Any) -> Stack:
        return Stack(NAME, self.outputs, lambda _: self, self.parameters)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        request = json.loads(Payload)
        self.requests.append(request)
        gateway = FunctionName == "the-gateway"
        found = _told(self.gateway[request["action"]] if gateway else self.recovery)
        error = {"FunctionError": "Unhandled"} if "errorType" in found else {}
        return {"Payload": io.BytesIO(json.dumps(found).encode()), **error}

    def describe_secret(self, *, SecretId: str) -> Mapping[str, Any]:  # noqa: N803
        filled = {"VersionIdsToStages": {"v": ["AWSCURRENT"]}, "LastChangedDate": ago(days=3, hours=1)}
        return _told(self.secrets.get(SecretId, filled))

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Mapping[str, Any]:  # noqa: N803
        return _told(self.queues[QueueUrl])

    def get_metric_statistics(self, **question: Any) -> Mapping[str, Any]:
        dimensions = {one["Name"]: one["Value"] for one in question["Dimensions"]}
        if question["Namespace"] == "MoziRelay":
            assert (question["MetricName"], dimensions) == (
                "DeferredAge",
                {"service": "notice", "stack": NAME},
            )
            return _told(self.deferred)
        assert dimensions == {"QueueName": "notices"}
        return _told(self.datapoints)

    def get_paginator(self, operation: str) -> "Pages":
        pages: dict[str, Callable[..., Iterable[dict[str, Any]]]] = {
            "describe_alarms": self._pages_of_alarms,
            "list_subscriptions_by_topic": self._pages_of_subscriptions,
            "filter_log_events": self._pages_of_the_log,
        }
        return Pages(pages[operation])

    def _pages_of_the_log(self, **question: Any) -> Iterator[dict[str, Any]]:
        assert question["logGroupName"] == f"/aws/lambda/{NAME}-notice"
        if isinstance(self.log, Exception):
            raise self.log
        within = range(question["startTime"], question["endTime"])
        found = [one for one in self.log if one["timestamp"] in within]
        for start in range(0, max(1, len(found)), self.page_size):
            self.log_questions.append(question)
            yield {"events": found[start : start + self.page_size]}

    def _pages_of_subscriptions(self, *, TopicArn: str) -> list[dict[str, Any]]:  # noqa: N803
        assert TopicArn.startswith((TOPIC_PREFIX, OUTCOME_TOPIC))
        listed = self.subscriptions[TopicArn.removeprefix(TOPIC_PREFIX)]
        if isinstance(listed, Exception):
            raise listed
        return [{"Subscriptions": [one]} for one in listed]

    def get_subscription_attributes(self, *, SubscriptionArn: str) -> Mapping[str, Any]:  # noqa: N803
        every = [one for listed in self.subscriptions.values() if isinstance(listed, list) for one in listed]
        (found,) = [one for one in every if one["SubscriptionArn"] == SubscriptionArn]
        return {"Attributes": _told(found["attributes"])}

    def _pages_of_alarms(self, **question: Any) -> list[dict[str, Any]]:
        assert question == {"AlarmNamePrefix": f"{NAME}-", "StateValue": "ALARM"}
        if isinstance(self.alarms, Exception):
            raise self.alarms
        return [{"MetricAlarms": [one]} for one in self.alarms]


@dataclass
class Pages:
    paginate: Callable[..., Iterable[dict[str, Any]]]


def failed_list(count: int, unreadable: int = 0) -> FailedAnswer:
    counts = FailedCounts(failed=count, unreadable=unreadable)
    return FailedAnswer(action="failed", counts=counts, rows=[], left=0)


def _told(answer: Answer) -> Mapping[str, Any]:
    if isinstance(answer, Exception):
        raise answer
    return answer.payload() if isinstance(answer, ActionAnswer) else answer
