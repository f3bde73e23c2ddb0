"""The notice function: records of the queue in, produce calls out."""

from relay import startup  # isort: split

import sys
import time
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import relay.settings
from notice.dispatch.dispatcher import WORKERS, Dispatcher
from notice.inquiry import Inquiry
from notice.outbound import Outbound
from notice.portal.client import PortalClient
from notice.portal.tokens import EnosCredentials
from notice.queue.dead_letters import DeadLetters
from notice.queue.outcome_events import OutcomeTopic
from notice.queue.settlement import Settler
from notice.queue.visibility import VisibilityTimeouts
from notice.report import report
from relay import aws, observability
from relay.secrets import SecretReader
from relay.settings import Clock
from relay.transport import direct

if TYPE_CHECKING:
    from relay.api.base import Context

# Kept back for the answer to Lambda itself.
ANSWER_SECONDS = 1.0


class Settings(relay.settings.Settings):
    """Addresses of the portal, of its credentials, of the two queues and of the topic of outcomes."""

    enos_base_url: str
    enos_produce_path: str
    enos_credentials_secret_arn: str
    notice_queue_url: str
    notice_dead_letter_queue_url: str
    notice_outcome_topic_arn: str
    outbound_proxy_secret_arn: str = ""
    portal_ca_secret_arn: str = ""


def build(
    settings: Settings,
    *,
    clock: Clock = time.time,
    timer: Clock = time.monotonic,
    client: Callable[..., Any] = aws.client,
) -> Outbound:
    """Returns the outbound path on AWS. Clients are made at first use: a start would take twice as long."""
    sqs = cache(partial(client, "sqs"))
    secrets = cache(partial(client, "secretsmanager"))
    credentials = SecretReader(settings.enos_credentials_secret_arn, EnosCredentials, secrets, clock=clock)
    routes, proxy, authority = direct, settings.outbound_proxy_secret_arn, settings.portal_ca_secret_arn
    if proxy or authority:
        from relay.routes import RouteReader  # A start that needs it not does without.

        routes = RouteReader(secrets, proxy_arn=proxy, authority_arn=authority, clock=clock)
    portal = PortalClient(
        settings.enos_base_url,
        settings.enos_produce_path,
        credentials,
        clock=clock,
        connections=WORKERS,
        routes=routes,
    )
    limit = aws.TimeLimit(timer)
    settler = Settler(
        OutcomeTopic(
            settings.notice_outcome_topic_arn,
            settings.notice_queue_url,
            sns=cache(partial(client, "sns", limit)),
            queue=sqs,
            limit=limit,
        ),
        DeadLetters(settings.notice_dead_letter_queue_url, sqs),
        VisibilityTimeouts(settings.notice_queue_url, sqs),
    )
    return Outbound(Dispatcher(portal, clock=clock), Inquiry(portal), settler, clock, timer)


# Reading wants the interpreter all the time, a call only for moments: in turns of 5 ms, as Python has it, it
# would wait as long for the interpreter as for a quick portal. 1.3 times the rate at 20 ms.
sys.setswitchinterval(0.0005)
settings = Settings.load()
logger = observability.logger("notice", settings.log_level)
metrics = observability.metrics("notice", settings.stack_name)
outbound = build(settings)


def handler(event: object, context: "Context") -> dict[str, list[dict[str, str]]]:
    """Give every notice its outcome; the records that stay in the queue are named in the answer."""
    sent, settlement = outbound.deliver(event, context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS)
    report(sent, settlement, logger, metrics, outbound.clock())
    return {"batchItemFailures": [{"itemIdentifier": name} for name in settlement.returned]}


startup.done()
