"""One call at a time of a delivery or a sweep, each call with the fate that a test gives it.

A function is run anew for each of its calls: what its earlier ones brought is repeated to it, the next
one is carried out, and it is halted where it is about to make the one after.
"""

import json
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import replace
from enum import Enum
from functools import cache, partial
from hashlib import sha256
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ReadTimeoutError

from callback.admission import TokenCheck
from callback.handshakes import Handshakes
from callback.intake import Intake
from callback.request import CallbackRequest
from recovery.history import History
from recovery.pace import Pace
from recovery.sweep import Sweeper
from relay.aws import UnavailableError
from relay.callback_token import CallbackToken
from relay.catalog import kind_of
from relay.events import MESSAGE_LIMIT
from relay.payloads import BODY_LIMIT, Payloads
from relay.publisher import Publisher
from relay.reading import Delivery, read
from relay.secrets import SecretReader
from relay.store import EventStore
from relay.table import shard_of
from tests.support.inbound import NOW, TOKEN, Secrets, content_of, dumps, message, rest_api
from tests.support.memory_cloud import MemoryCloud, refusal
from tests.support.template import EVENT_TABLE, PAYLOAD_BUCKET, TOPIC_PREFIX

TAG = "openplatform_app_update|openplatform_app_update_tag"
TOPIC = f"{TOPIC_PREFIX}app-update"


class Path(NamedTuple):
    """A delivery of one event, and the calls that it makes at most."""

    body: str
    slug: str | None
    warm: bool
    calls: tuple[str, ...]
    as_came: bytes | None = None
    """What is kept beside the event, where the content is not its own copy."""
    refused: bool = False
    """SNS refuses the event for good, until the last phase."""


CLAIM_CALLS = ("claim", "take over", "publish", "mark")
SWEEP_CALLS = ("list", "take over", "publish", "mark")
SHORT = Path(dumps(message(content_of(TAG))), "app-update", True, CLAIM_CALLS)
# A content for the bucket.
OVERSIZE = SHORT._replace(
    body=dumps(message(content_of(TAG) | {"more": "政" * (MESSAGE_LIMIT // 3)})),
    calls=("put content", "renew content", *CLAIM_CALLS),
)
# A body that is kept beside the event, and one for the bucket.
FORM = SHORT._replace(as_came=b"a=b")
LARGE_FORM = SHORT._replace(
    # Digests, which deflate to no less than they hold.
    as_came=b"".join(sha256(b"%d" % n).digest() for n in range(1 + BODY_LIMIT // 32)),
    calls=("put body", "renew body", *CLAIM_CALLS),
)
REFUSED = SHORT._replace(refused=True)
# A new container, and an eventTag that only the handshake tells.
COLD = SHORT._replace(slug=None, warm=False, calls=("token", "handshake", *CLAIM_CALLS))


class Fate(Enum):
    """What becomes of a call."""

    FINE = "it takes effect and is answered"
    FAILED = "it raises, without effect"
    UNANSWERED = "it takes effect, and raises"
    TWICE = "it takes effect, its answer is lost, and botocore makes it again"
    KILLED_BEFORE = "the function ends before it"
    KILLED_AFTER = "the function ends after it took effect"


class Step(NamedTuple):
    """What a function's next call did, and where the function stands after it; `end` is empty for halted."""

    cloud: str
    past: tuple[tuple[str, float], ...]
    call: str
    request: str
    following: str
    end: str
    messages: tuple[str, ...]


class Killed(BaseException):
    """The function is gone, without any of its own code running."""


class Halt(BaseException):
    """The function is about to make a call whose turn has not come."""


@cache
def delivery_of(path: Path) -> Delivery:
    delivery = read(path.body, None)
    assert isinstance(delivery, Delivery)
    return delivery


@cache
def id_of(path: Path) -> str:
    return delivery_of(path).event(kind_of(TAG), NOW).id


# What the reads at the start of a cold delivery are answered; nothing in the search changes it.
_READS: dict[str, Any] = {
    "token": Secrets(current=TOKEN).get_secret_value(SecretId="arn"),
    "handshake": {"Item": {f"since {TAG}": {"N": "0"}, f"until {TAG}": {"N": str(10**12)}}},
}
_CALLS = {
    "get_secret_value": "token", "get_item": "handshake", "put_item": "claim",
    "query": "list", "publish": "publish",
}  # fmt: skip


def _named(operation: str, request: dict[str, Any]) -> str:
    """A call as a history names it."""
    if operation in ("put_object", "copy_object"):
        verb = "put" if operation == "put_object" else "renew"
        return f"{verb} {'body' if request['Key'].startswith('bodies/') else 'content'}"
    if operation == "update_item":
        update = request["UpdateExpression"]
        return "mark" if "publishedAt" in update else "refuse" if "SET refusals" in update else "take over"
    return _CALLS[operation]


def written(value: Any, **how: Any) -> str:
    """The value as JSON, bytes included."""
    return json.dumps(value, default=lambda raw: {"bytes": b64encode(raw).decode()}, **how)


def read_back(text: str) -> Any:
    """What `written` has written."""
    return json.loads(text, object_hook=lambda one: b64decode(one["bytes"]) if "bytes" in one else one)


class Aws:
    """All clients of one function: repeats what its calls brought, and carries out the next one."""

    def __init__(
        self,
        path: Path,
        cloud: MemoryCloud,
        past: tuple[tuple[str, float], ...],
        clock: float,
        fate: Fate,
        refuses: bool,
    ) -> None:
        self._path, self.cloud, self._fate, self._clock = path, cloud, fate, clock
        self._refuses = refuses
        self._coming, self.past = deque(past), past
        # A function reads the clock when the answer to its last call has come, not when its next one arrives.
        self.now = past[0][1] if past else clock
        self.call = self.request = self.following = ""

    def __getattr__(self, operation: str) -> Any:
        return partial(self._answer, operation)

    def _answer(self, operation: str, **request: Any) -> Any:
        if operation == "query" and not self._concerns_the_event(request):
            return {"Items": []}
        claimant = _claimant(request)
        if self._coming:
            outcome, self.now = self._coming.popleft()
            return _told(outcome, claimant)
        call = _named(operation, request)
        if self.call:
            self.following = call
            raise Halt
        self.call, self.now = call, self._clock
        outcome = self._fated(operation, request).replace(claimant, "mine")
        self.past = (*self.past, (outcome, self._clock))
        return _told(outcome, claimant)

    def _fated(self, operation: str, request: dict[str, Any]) -> str:
        if self._fate is Fate.KILLED_BEFORE:
            raise Killed
        if self._fate is Fate.FAILED:
            return "failed"
        outcome = self._effect(operation, request)
        if self._fate is Fate.TWICE:
            outcome = self._effect(operation, request)
        if self._fate is Fate.KILLED_AFTER:
            raise Killed
        return "unanswered" if self._fate is Fate.UNANSWERED else outcome

    def _effect(self, operation: str, request: dict[str, Any]) -> str:
        if self.call in _READS:
            return json.dumps(_READS[self.call])
        if self._refuses and operation == "publish":
            return "refused" + written([{}, "InvalidParameter"])
        if "TableName" in request:
            self.request = written([operation, request]).replace(_claimant(request), "mine")
        try:
            return written(getattr(self.cloud, operation)(**request))
        except ClientError as error:
            response: Any = error.response
            told = {"Item": response["Item"]} if "Item" in response else {}
            return "refused" + written([told, response["Error"]["Code"]])

    def _concerns_the_event(self, request: dict[str, Any]) -> bool:
        """An index has many shards, of which one can hold the event: the others take no turn."""
        shard = request["ExpressionAttributeValues"][":shard"]["S"]
        return bool(shard == f"pending#{shard_of(id_of(self._path))}")


def _claimant(request: dict[str, Any]) -> str:
    """Drawn at random for each write, and compared in its own answer alone: it does not tell worlds apart."""
    values = request.get("ExpressionAttributeValues", {})
    drawn = request.get("Item", {}).get("claimant") or values.get(":claimant") or {"S": "\0"}
    return str(drawn["S"])


def _told(outcome: str, claimant: str) -> Any:
    if outcome == "failed":
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "Call")
    if outcome == "unanswered":
        raise ReadTimeoutError(endpoint_url="aws")
    outcome = outcome.replace("mine", claimant)
    if outcome.startswith("refused"):
        raise refusal(*read_back(outcome.removeprefix("refused")))
    return read_back(outcome)


def load(cloud: str) -> MemoryCloud:
    items, objects = read_back(cloud)
    loaded = MemoryCloud(items)
    loaded.objects = dict.fromkeys(objects, b"")
    return loaded


@cache
def step(
    path: Path,
    name: str,
    cloud: str,
    past: tuple[tuple[str, float], ...],
    clock: float,
    fate: Fate,
    refuses: bool = False,
) -> Step:
    """The next call of the function `name`, made at `clock`; `refuses` is what SNS does with the event."""
    aws = Aws(path, load(cloud), past, clock, fate, refuses)
    end = ""
    try:
        end = _sweep(aws) if name == "sweep" else _deliver(path, aws)
    except Halt:
        pass
    except Killed:
        end = "killed"
    text = written([_anonymous(aws.cloud.items), sorted(aws.cloud.objects)], sort_keys=True)
    messages = tuple(f"{one['TopicArn']} {one['Message']}" for one in aws.cloud.messages)
    return Step(text, aws.past if not end else (), aws.call, aws.request, aws.following, end, messages)


def _anonymous(items: dict[str, Any]) -> dict[str, Any]:
    nobody = {"claimant": {"S": "somebody"}}
    return {key: item | nobody if "claimant" in item else item for key, item in items.items()}


def _deliver(path: Path, aws: Aws) -> str:
    client: Any = aws
    secrets: Any = Secrets(current=TOKEN) if path.warm else aws
    intake = Intake(
        TokenCheck(SecretReader("arn", CallbackToken, lambda: secrets), lambda: aws.now),
        Handshakes(client, EVENT_TABLE),
        EventStore(client, EVENT_TABLE, retention_days=1, clock=lambda: aws.now),
        Payloads(PAYLOAD_BUCKET, lambda: client),
        Publisher(client, TOPIC_PREFIX),
        clock=lambda: aws.now,
    )
    if path.as_came:
        kept = replace(
            delivery_of(path), as_came=path.as_came, content_type="application/x-www-form-urlencoded"
        )
        return intake.accept(kept, path.slug).response.name
    return intake.receive(CallbackRequest.of(rest_api(path.body, slug=path.slug))).response.name


def _sweep(aws: Aws) -> str:
    client: Any = aws
    store = EventStore(client, EVENT_TABLE, retention_days=1, clock=lambda: aws.now)
    history = History(client, EVENT_TABLE, clock=lambda: aws.now)
    try:
        # Set aside at the first refusal: no phase has a second sweep.
        sweeper = Sweeper(store, Publisher(client, TOPIC_PREFIX), tries=1)
        swept = sweeper.sweep(history.pending(), Pace(lambda: 240))
    except UnavailableError:
        return "failed"
    return "failed" if swept.failed else "swept"
