"""The callback on Powertools' own utilities: resolver, parser, idempotency, parameters, tracer and the rest.

It takes in the shapes that the vendor's page draws, and keeps `callback.app`'s promise while AWS answers. It
needs a table of its own for idempotency, and one more call per event.
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
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import ForbiddenError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parser import BaseModel, Field, parse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json, TypeAdapter


class Handshake(BaseModel):
    """The gateway's check that the address is ours, for one eventTag."""

    event_tag: str = Field(alias="eventTag", min_length=1)
    dispatch_id: str = Field(alias="dispatchId")


class Message(BaseModel):
    """One delivery of one event."""

    dispatch_id: str = Field(alias="dispatchId")
    source_message_id: str = Field(alias="sourceMessageId", min_length=1)
    callback_message_id: str = Field(alias="callbackMessageId")
    content: dict[str, Any] | Json[dict[str, Any]]


# The parser takes an adapter, though its types do not say so.
BODY: Any = TypeAdapter(Handshake | Message)

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


@app.post("/callback/<token>/<slug>")
@tracer.capture_method
def callback(token: str, slug: str) -> dict[str, str]:
    """Admits a request, and takes in what it brings. Raises ForbiddenError."""
    metrics.add_metric(name="Received", unit=MetricUnit.Count, value=1)
    known: Any = secrets.get(os.environ["CALLBACK_TOKEN_SECRET_ARN"], transform="json", max_age=300)
    accepted = [one for one in (known["current"], known.get("previous")) if one]
    if not any(compare_digest(token.encode(), one.encode()) for one in accepted):
        raise ForbiddenError("wrong token")
    body = parse(event=app.current_event.json_body, model=BODY)
    if isinstance(body, Message):
        publish(slug, message=body)
    return {"errcode": "0", "errmsg": "成功"}


@idempotent_function(data_keyword_argument="message", config=once, persistence_store=persistence)
@tracer.capture_method
def publish(slug: str, message: Message) -> dict[str, str]:
    """Keeps an event and publishes it, once for all of its deliveries."""
    event_id, time = message.source_message_id, datetime.now(UTC).isoformat()
    event = {"specversion": "1.0", "id": event_id, "type": slug, "time": time, "data": message.content}
    text = json.dumps(event, ensure_ascii=False)
    table.put_item(Item={"id": event_id, "slug": slug, "envelope": text})
    sns.publish(TopicArn=f"{os.environ['EVENT_TOPIC_ARN_PREFIX']}{slug}", Message=text)
    metrics.add_metric(name="Published", unit=MetricUnit.Count, value=1)
    logger.info("event published", slug=slug, event_id=event_id)
    return {"eventId": event_id}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers a request by REST API."""
    once.register_lambda_context(context)
    return app.resolve(event, context)
