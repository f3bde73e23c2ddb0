"""The callback on Powertools' own utilities: resolver, parser, idempotency, parameters, tracer and the rest.

It takes in what `callback.app` takes in, for the shapes that the vendor's page draws, and keeps the same
promise while AWS answers. It needs a table of its own for idempotency, and one more call per event.
"""

# Some of Powertools' decorators have no types.
# mypy: disallow-untyped-decorators=False

import json
import os
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ForbiddenError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
)
from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from .models import BODY, Message

TOPIC_PREFIX = os.environ["EVENT_TOPIC_ARN_PREFIX"]
TOKEN_SECRET_ARN = os.environ["CALLBACK_TOKEN_SECRET_ARN"]
SUCCESS = {"errcode": "0", "errmsg": "成功"}

# The service's name and the metrics' namespace come from POWERTOOLS_ variables.
app = APIGatewayRestResolver()
logger = Logger()
metrics = Metrics()
tracer = Tracer()

table = boto3.resource("dynamodb").Table(os.environ["EVENT_TABLE"])
sns = boto3.client("sns")
secrets = SecretsProvider()
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
once = IdempotencyConfig(event_key_jmespath="source_message_id", expires_after_seconds=24 * 60 * 60)


@app.post("/callback/<token>")
@tracer.capture_method
def callback(token: str) -> dict[str, str]:
    """An address that names no tag."""
    return receive(token, "unclassified")


@app.post("/callback/<token>/<slug>")
@tracer.capture_method
def callback_of_tag(token: str, slug: str) -> dict[str, str]:
    """An address of one tag."""
    return receive(token, slug)


def receive(token: str, slug: str) -> dict[str, str]:
    """Admits a request, and takes in what it brings."""
    metrics.add_metric(name="Received", unit=MetricUnit.Count, value=1)
    authenticate(token)
    body = parse(event=app.current_event.json_body, model=BODY)
    if isinstance(body, Message):
        publish(slug, message=body)
    return SUCCESS


def authenticate(token: str) -> None:
    """Raises ForbiddenError unless the token is the current one or the one before it."""
    known: Any = secrets.get(TOKEN_SECRET_ARN, transform="json", max_age=300)
    accepted = [one for one in (known["current"], known.get("previous")) if one]
    if not any(compare_digest(token.encode(), one.encode()) for one in accepted):
        raise ForbiddenError("wrong token")


@idempotent_function(data_keyword_argument="message", config=once, persistence_store=persistence)
@tracer.capture_method
def publish(slug: str, message: Message) -> dict[str, str]:
    """Keeps an event and publishes it, once for all of its deliveries."""
    event = {
        "specversion": "1.0",
        "id": message.source_message_id,
        "source": "urn:mozi:gateway",
        "type": slug,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": message.content,
    }
    text = json.dumps(event, ensure_ascii=False)
    table.put_item(Item={"id": message.source_message_id, "slug": slug, "envelope": text})
    sns.publish(
        TopicArn=f"{TOPIC_PREFIX}{slug}",
        Message=text,
        MessageAttributes={"slug": {"DataType": "String", "StringValue": slug}},
    )
    metrics.add_metric(name="Published", unit=MetricUnit.Count, value=1)
    logger.info("event published", slug=slug, event_id=message.source_message_id)
    return {"eventId": message.source_message_id}


@app.exception_handler(ValueError)
def unreadable(error: ValueError) -> Response[Any]:
    """Neither JSON nor a body that the models know."""
    return answer(400, "4001", "unreadable body")


@app.exception_handler(
    [
        ClientError,
        BotoCoreError,
        GetParameterError,
        IdempotencyAlreadyInProgressError,
        IdempotencyPersistenceLayerError,
    ]
)
def unavailable(error: Exception) -> Response[Any]:
    """The gateway is to come again; idempotency has forgotten an event that was not published."""
    logger.error("event not published", fault=type(error).__name__)
    return answer(503, "5032", "not published yet, come again")


def answer(status: int, errcode: str, errmsg: str) -> Response[Any]:
    body = json.dumps({"errcode": errcode, "errmsg": errmsg})
    return Response(status_code=status, content_type="application/json", body=body)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers a request by REST API."""
    once.register_lambda_context(context)
    return app.resolve(event, context)
