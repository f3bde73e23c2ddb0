"""The four functions as deployed, on mock AWS and loopback vendors, and a day in which much happens."""

import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3

from callback.admission import READS_PER_SECOND
from relay.events import timestamp
from relay.store import LEASE_SECONDS
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal
from tests.support import template
from tests.support.inbound import TOKEN, dumps, message, rest_api
from tests.support.outbound import event
from tests.support.outbound import message as notice
from tests.support.outbound import record as sent_record
from tests.support.stand_ins import KEY, MOZI_KEY, MOZI_SECRET, PATH, SECRET, says
from tests.support.watching import STACK

type Run = Callable[[str, Any], Any]
APPS = ("callback.app", "recovery.app", "notice.app", "gateway.app")
TOPIC = f"{template.TOPIC_PREFIX}app-update"
FIRST, SECOND = "r-first", "r-second"
# The gateway's answer with two callbacks on its failed list, one of them without an id.
TWO_ROWS = says(rows=[{"id": 7}, {"no": "id"}])


class Context:
    """What the functions ask Lambda for."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def environment(portal: Portal, gateway: Gateway) -> dict[str, str]:
    return {
        "STACK_NAME": STACK,
        "EVENT_TABLE": template.EVENT_TABLE,
        "EVENT_TOPIC_ARN_PREFIX": template.TOPIC_PREFIX,
        "PAYLOAD_BUCKET": template.PAYLOAD_BUCKET,
        "EVENT_RETENTION_DAYS": "90",
        "CALLBACK_TOKEN_SECRET_ARN": template.make_secret("t", dumps({"current": TOKEN, "previous": ""})),
        "ENOS_BASE_URL": portal.url,
        "ENOS_PRODUCE_PATH": PATH,
        "ENOS_CREDENTIALS_SECRET_ARN": template.make_secret("e", dumps({"appKey": KEY, "appSecret": SECRET})),
        "NOTICE_QUEUE_URL": template.make_queue("NoticeQueue"),
        "NOTICE_DEAD_LETTER_QUEUE_URL": template.make_queue("NoticeDeadLetterQueue"),
        "NOTICE_OUTCOME_TOPIC_ARN": template.make_outcome_topic(),
        "GATEWAY_BASE_URL": gateway.url,
        "GATEWAY_CREDENTIALS_SECRET_ARN": template.make_secret(
            "g", dumps({"apiKey": MOZI_KEY, "secretKey": MOZI_SECRET})
        ),
    }


def invoked(app: ModuleType, given: Any) -> Any:
    printers = app.logger.handlers
    streams = [printer.stream for printer in printers]
    for printer in printers:
        printer.stream = sys.stdout  # The one that this test captures.
    try:
        return app.handler(given, Context())
    finally:
        for printer, stream in zip(printers, streams, strict=True):
            printer.stream = stream


def delivery(number: int, request_id: str = "r", beside: str | None = None, **content: Any) -> dict[str, Any]:
    body = dumps(message({"appName": "x", **content}, sourceMessageId=f"s-{number}", beside=beside))
    return rest_api(body, slug="app-update", requestContext={"requestId": request_id})


def fresh(*names: str, **more: Any) -> dict[str, Any]:
    return sent_record(*map(notice, names), sent_at=time.time(), **more)


def day_in(run: Run, portal: Portal, gateway: Gateway) -> None:
    """Something of everything that can happen to the relay."""
    _events(run)
    _notices(run, portal)
    gateway.replies = [TWO_ROWS, says()]
    run("gateway", {"action": "retry-failed"})


def _events(run: Run) -> None:
    for given in (
        delivery(1), delivery(1, "r-again"), delivery(1, beside="more"), delivery(1, "r-other", appName="y"),
        rest_api("?"), rest_api("[\"\t\"]"), rest_api(""),
        rest_api(dumps({"eventTag": "a|b", "dispatchId": "d"})),
        *[rest_api("{}", token="x")] * (READS_PER_SECOND + 1),
    ):  # fmt: skip
        run("callback", given)
    boto3.client("sns").delete_topic(TopicArn=TOPIC)
    run("callback", delivery(2, FIRST))
    run("callback", delivery(2, SECOND))
    boto3.client("sns").create_topic(Name=TOPIC.rpartition(":")[2])
    _age_what_is_pending()
    run("recovery", {"action": "sweep"})
    (kept,) = [item for item in _items() if item.get("correlationId") == {"S": FIRST}]
    run("recovery", {"action": "replay", "ids": [kept["eventId"]["S"]]})


def _items() -> list[dict[str, Any]]:
    return boto3.client("dynamodb").scan(TableName=template.EVENT_TABLE)["Items"]


def _age_what_is_pending() -> None:
    for item in _items():
        if "pendingShard" in item:
            ended = str(int(time.time()) - 1)
            item["leaseUntil"] = {"N": ended}
            item["receivedAt"] = {"S": timestamp(time.time() - 10 * LEASE_SECONDS)}
            boto3.client("dynamodb").put_item(TableName=template.EVENT_TABLE, Item=item)


def _notices(run: Run, portal: Portal) -> None:
    no = (200, {"code": 400, "message": "u-1 is nobody"})
    yes = (200, {"code": 0, "data": True})
    portal.replies = [no, yes, no]
    run("notice", event(fresh("n-1", name="r-1"), fresh("n-10", name="r-2")))
    run("notice", event(fresh("n-2", body='{"orgId":"o-1","messages":[{"messageId":"n-2"},7]}')))
    boto3.client("sns").delete_topic(TopicArn=template.make_outcome_topic())
    run("notice", event(fresh(body='{"orgId":"o-1","messages":[7]}', name="r-no-topic")))
    template.make_outcome_topic()
    portal.replies = [(200, {"code": 403})]
    run("notice", event(fresh("n-5", org="o-not-allowed", name="r-3")))
    portal.replies = [(503, b"u-1 is tired")]
    run("notice", event(fresh("n-6", name="r-4")))
