"""Publishes for recovery, which tells of each event by itself."""

import time
from typing import TYPE_CHECKING

from relay.events import Event
from relay.publisher import Publisher

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger
    from mypy_boto3_sns import SNSClient


class TellingPublisher(Publisher):
    """Writes a line for each event that is published, from several threads at once."""

    def __init__(self, client: "SNSClient", prefix: str, logger: "Logger") -> None:
        super().__init__(client, prefix)
        self._logger = logger
        self._ages: list[float] = []

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        super().publish(event, replayed=replayed)
        facts = {"event_id": event.id, "correlation_id": event.correlation_id, "topic": event.slug}
        self._logger.info("event published", extra={**facts, "replayed": replayed})
        if not replayed:
            self._ages.append(event.age(time.time()))

    def ages(self) -> list[float]:
        """How many seconds each event that was not replayed had waited; those since the last asking."""
        ages, self._ages = self._ages, []
        return ages
