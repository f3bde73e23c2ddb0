"""The notice function: records of the queue in, produce calls out."""

from relay import startup  # isort: split

import sys
import time
from collections.abc import Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from notice.deadline import Deadline
from notice.dispatch.dispatcher import WORKERS, Dispatcher
from notice.metrics import report
from notice.portal.client import PortalClient
from notice.portal.tokens import EnosCredentials
from notice.queue.dead_letters import DeadLetters
from notice.queue.records import Notice, Record, read_records
from notice.queue.settlement import Settler
from notice.queue.visibility import VisibilityTimeouts
from relay import observability
from relay.secrets import SecretReader
from relay.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Kept back for dead letters and waits: one SQS call that hangs, and its repetition.
SETTLE_SECONDS = 9.0
# Kept back for the answer to Lambda itself.
ANSWER_SECONDS = 1.0


class NoticeSettings(Settings):
    """Addresses of the portal, of its credentials and of the two queues."""

    enos_base_url: str
    enos_produce_path: str
    enos_credentials_secret_arn: str
    notice_queue_url: str
    notice_dead_letter_queue_url: str


# Reading wants the interpreter all the time, a call only for moments: in turns of 5 ms, as Python has it, it
# would wait as long for the interpreter as for a quick portal. 1.3 times the rate at 20 ms.
sys.setswitchinterval(0.0005)
settings = NoticeSettings.load()
logger = observability.logger("notice", settings.log_level)
metrics = observability.metrics("notice", settings.stack_name)


def _client(service: str) -> Any:
    """A client of AWS; botocore is loaded now, for at the start it would take half of the time."""
    from relay import aws

    return aws.client(service)


sqs = cache(partial(_client, "sqs"))
credentials = SecretReader(
    settings.enos_credentials_secret_arn, EnosCredentials, partial(_client, "secretsmanager")
)
dispatcher = Dispatcher(
    PortalClient(settings.enos_base_url, settings.enos_produce_path, credentials, connections=WORKERS)
)
settler = Settler(
    DeadLetters(settings.notice_dead_letter_queue_url, sqs),
    VisibilityTimeouts(settings.notice_queue_url, sqs),
)


def handler(event: Any, context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """Give every notice its outcome; the records that stay in the queue are named in the answer."""
    end = Deadline.after(context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS)
    records: list[Record] = []
    sent = dispatcher.dispatch(_notices(event, records), end.sooner(SETTLE_SECONDS))
    settlement = settler.settle(records, sent.outcomes, time.time(), end)
    report(sent, settlement, logger, metrics, time.time())
    return {"batchItemFailures": [{"itemIdentifier": name} for name in settlement.returned]}


def _notices(event: Any, records: list[Record]) -> Iterator[Notice]:
    """The notices of an event while its records are read, each of which is added to `records`.

    So the first are on their way while the last are read, which takes as long as a quick portal does.
    """
    for record in read_records(event, time.time()):
        records.append(record)
        yield from (entry.notice for entry in record.entries if isinstance(entry.notice, Notice))


startup.done()
