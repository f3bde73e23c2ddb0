"""Notices as Powertools' page on batches has it: one notice to an SQS record, one produce call to a record.

Every call is signed as the vendor asks. There is no halving, for a batch is one notice; nothing is checked
beforehand, and whatever goes wrong leaves the record in the queue.
"""

import hashlib
import json
import os
import time
from functools import cache
from typing import Any
from urllib.parse import quote

import urllib3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

BASE_URL, PRODUCE_PATH = os.environ["ENOS_BASE_URL"], os.environ["ENOS_PRODUCE_PATH"]
# A deployed function would have them from Secrets Manager, once per container.
APP_KEY, APP_SECRET = os.environ.get("ENOS_APP_KEY", "key"), os.environ.get("ENOS_APP_SECRET", "secret")
TOKEN_PATH = "/apim-token-service/v2.0/token/get"

logger = Logger(service="notice")
processor = BatchProcessor(event_type=EventType.SQS)
http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=3, read=15), retries=False)


class NotTakenError(Exception):
    """The portal did not say that it took the notice."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def token() -> str:
    timestamp = int(time.time() * 1000)
    given = {"appKey": APP_KEY, "encryption": digest(f"{APP_KEY}{timestamp}{APP_SECRET}")}
    answer = http.request("POST", BASE_URL + TOKEN_PATH, json={**given, "timestamp": timestamp})
    found: str = answer.json()["data"]["accessToken"]
    return found


def record_handler(record: SQSRecord) -> None:
    given = record.json_body
    org_id = given["orgId"]
    body = json.dumps({"messages": given["messages"]}, ensure_ascii=False, separators=(",", ":"))
    timestamp = str(int(time.time() * 1000))
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "apim-accesstoken": token(),
        "apim-timestamp": timestamp,
        "apim-signature": digest(f"{token()}orgId{org_id}{body}{timestamp}{APP_SECRET}"),
    }
    url = f"{BASE_URL}{PRODUCE_PATH}?orgId={quote(org_id, safe='')}"
    answer = http.request("POST", url, body=body.encode(), headers=headers)
    if answer.status != 200 or answer.json()["code"] != 0:
        raise NotTakenError(f"the portal answered {answer.status}")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
