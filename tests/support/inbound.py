"""The inbound path for tests: requests as each event source sends them, and its rooms kept in memory."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from botocore.exceptions import EndpointConnectionError

from callback.admission import TokenCheck
from callback.handshakes import Handshakes
from callback.intake import Intake
from relay.callback_token import CallbackToken
from relay.catalog import CATALOG
from relay.content import (
    AccountChange,
    AppUpdate,
    ClientAck,
    ContactsChange,
    ContentModel,
    DingFailure,
    OutboundMessage,
    SendSuccess,
)
from relay.events import Content, Event, KeptBody
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.secrets import SecretReader
from relay.settings import Clock
from relay.store import Claim, ClaimState, EventStore

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

TOKEN = "Qm7kPz2wXc9vBn4tRy6uHs8dLf3gJa5e"
PREVIOUS = "previousPz2wXc9vBn4tRy6uHs8dLf3g"
NOW = 1_795_360_209.123
TAGS = [kind.event_tag for kind in CATALOG]
EVENTS = Path(__file__).parents[2] / "events"

CONTENTS: dict[type[ContentModel], dict[str, Any]] = {
    ContactsChange: {
        "tag": "变动",
        "tenantId": "50006001",
        "organizationCodes": ["GO_1"],
        "employeeCodes": [],
    },
    AccountChange: {"Account": "张三", "RealmId": 50006001, "AccountId": 1048576001, "AccountType": "1"},
    AppUpdate: {"appName": "一网通办", "realmId": "50006001", "updateType": ""},
    SendSuccess: {"bizMsgId": "b-1", "tenantId": "50006001", "status": "success", "successTime": 17953602},
    ClientAck: {"msgId": "m-1", "tenantId": 50006001, "bizChannel": "DING", "ackTime": "17953602"},
    OutboundMessage: {"msgType": "待办", "msgApp": "app", "receivers": ["1001", 1002], "bizMsgId": "b-1"},
    DingFailure: {"tag": "", "tenantId": "50006001", "accountId": "7"},
}


def content_of(event_tag: str) -> dict[str, Any]:
    """A content as the vendor's table has it for this tag."""
    return CONTENTS[next(kind.content for kind in CATALOG if kind.event_tag == event_tag)]


def message(content: Any, **fields: Any) -> dict[str, Any]:
    """A message body with ids; further fields add to them, None takes one away."""
    ids = {"dispatchId": "d-1", "sourceMessageId": "s-1", "callbackMessageId": "c-1"}
    body = ids | {"content": content} | fields
    return {name: value for name, value in body.items() if value is not None}


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# Every form that the vendor or a receiver of it has shown, by name: fields of a body -> the text on the wire.
SHAPES: dict[str, Callable[[dict[str, Any]], str]] = {
    "json": dumps,
    "json with the content as a string": lambda body: dumps(body | {"content": dumps(body["content"])}),
    "json with the content encoded twice": lambda body: dumps(
        body | {"content": dumps(dumps(body["content"]))}
    ),
    "json encoded twice": lambda body: dumps(dumps(body)),
    "form fields": lambda body: urlencode(body | {"content": dumps(body["content"])}),
    "form fields, content encoded twice": lambda body: urlencode(
        body | {"content": dumps(dumps(body["content"]))}
    ),
    "form whose only key is the json": lambda body: urlencode({dumps(body): ""}),
    "form whose only key is the json, without =": lambda body: urlencode({dumps(body): ""}).removesuffix("="),
    "form whose only key is the json, not encoded": lambda body: dumps(body) + "=",
    "form whose only field is the json": lambda body: urlencode({"callbackData": dumps(body)}),
}


def rest_api(body: bytes | str, token: str = TOKEN, slug: str | None = None, **more: Any) -> dict[str, Any]:
    """A REST API event: path parameters, the body base64-encoded because every media type is binary."""
    parameters = {"token": token} | ({"slug": slug} if slug else {})
    path = "/callback/" + "/".join(parameters.values())
    context = {"path": f"/relay{path}", "stage": "relay"}
    return {"path": path, "pathParameters": parameters, "requestContext": context, **_sent(body), **more}


def http_api(body: bytes | str, token: str = TOKEN, slug: str | None = None, **more: Any) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) of the route $default, which has no path parameters."""
    path = "/relay/callback/" + "/".join(filter(None, (token, slug)))
    context = {"http": {"method": "POST", "path": path}}
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "requestContext": context,
        **_sent(body), **more,
    }  # fmt: skip


def load_balancer(
    body: bytes | str, token: str = TOKEN, slug: str | None = None, **more: Any
) -> dict[str, Any]:
    """A load balancer's event, with multi-value headers."""
    sent = _sent(body)
    headers = {name: [value] for name, value in sent.pop("headers").items()}
    path = "/callback/" + "/".join(filter(None, (token, slug)))
    context = {"elb": {"targetGroupArn": "arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/t/1"}}
    return {"path": path, "requestContext": context, **sent, "multiValueHeaders": headers, **more}


SOURCES = [rest_api, http_api, load_balancer]


def sample(name: str) -> dict[str, Any]:
    """A file of events/ with the token in its path."""
    text = (EVENTS / f"{name}.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text.replace("TOKEN", TOKEN)))


def _sent(body: bytes | str) -> dict[str, Any]:
    headers = {"content-TYPE": "application/x-www-form-urlencoded;charset=UTF-8"}
    if isinstance(body, str):
        return {"headers": headers, "body": body, "isBase64Encoded": False}
    return {"headers": headers, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


class MemoryStore(EventStore):
    """Grants each event once, like the table while nothing fails."""

    def __init__(self) -> None:
        self.kept: dict[str, Event] = {}
        self.published: set[str] = set()
        self.kept_bodies: dict[str, KeptBody] = {}

    def claim(self, event: Event, body: KeptBody | None = None) -> Claim:
        if kept := self.kept.get(event.id):
            standing = ClaimState.PUBLISHED if event.id in self.published else ClaimState.IN_PROGRESS
            return Claim(standing, event.id, kept)
        other = any(known.key == event.key for known in self.kept.values())
        self.kept[event.id] = event
        if body:
            self.kept_bodies[event.id] = body
        return Claim(ClaimState.GRANTED, event.id, event, other)

    def mark_published(self, claim: Claim) -> None:
        self.published.add(claim.event.id)


class MemoryHandshakes(Handshakes):
    def __init__(self) -> None:
        self.tags: dict[str, list[str]] = {}

    def keep(self, dispatch_id: str, event_tag: str) -> None:
        self.tags.setdefault(dispatch_id, []).append(event_tag)

    def tag_of(self, dispatch_id: str, content_tag: str | None = None) -> str | None:
        tags = self.tags.get(dispatch_id, [])
        return content_tag if content_tag in tags else next(iter(tags), None)


class MemoryPayloads(Payloads):
    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def put(self, event_id: str, content: Content) -> str:
        self.bodies[f"s3://payloads/{event_id}"] = content.body
        return f"s3://payloads/{event_id}"


class MemoryTopics(Publisher):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        self.events.append(event)

    @property
    def last(self) -> dict[str, Any]:
        """The CloudEvent that was published last."""
        return cast(dict[str, Any], json.loads(self.events[-1].envelope))


class Secrets:
    """Secrets Manager with one secret, which can be rotated; counts its reads, and fails while told to."""

    def __init__(self, **token: str) -> None:
        self.token, self.reads, self.fails = token, 0, False

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        if self.fails:
            raise EndpointConnectionError(endpoint_url="secretsmanager")
        return {"SecretString": json.dumps(self.token)}

    def check(self, clock: Clock = lambda: NOW, **options: Any) -> TokenCheck:
        """Who is admitted with this secret."""
        client = cast("SecretsManagerClient", self)
        return TokenCheck(SecretReader("arn", CallbackToken, lambda: client, clock=clock, **options), clock)


class Inbound:
    """An intake whose every room is in memory."""

    def __init__(self, token: TokenCheck | None = None) -> None:
        self.store, self.handshakes = MemoryStore(), MemoryHandshakes()
        self.payloads, self.topics = MemoryPayloads(), MemoryTopics()
        token = token or Secrets(current=TOKEN, previous=PREVIOUS).check()
        self.intake = Intake(
            token, self.handshakes, self.store, self.payloads, self.topics, clock=lambda: NOW
        )
