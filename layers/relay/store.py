"""Keeps events, and grants the right to publish an event to one delivery at a time.

An event's item is kept under its message's digest. Another content of the same message is kept under the
event's whole id, which its message's item outlives, so that a repeat of either finds its own.
"""

import os
import time
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from relay.aws import UnavailableError, aws_errors
from relay.events import Event, KeptBody, timestamp
from relay.settings import Clock
from relay.table import (
    PENDING,
    ConditionFailedError,
    Item,
    body_attributes,
    conditional_write,
    event_of,
    item_of,
    number,
    packed,
    pending_shard,
    set_aside_shard,
    shard_of,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Longer than any function that publishes may run: past it, none is at work on the event.
LEASE_SECONDS = 30
DAY_SECONDS = 86_400


class ClaimState(Enum):
    """Who may publish an event, and what a delivery or a sweep does about it."""

    GRANTED = "publish it, and mark it"
    PUBLISHED = "nothing: it is published"
    IN_PROGRESS = "come back: another is publishing it"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim gave: the event is the kept one, which may be an earlier delivery of the same."""

    state: ClaimState
    key: str
    event: Event
    other_content: bool = False
    refusals: int = 0
    """How many sweeps SNS has refused the event in."""


class EventStore:
    """The event table, written. Its methods raise UnavailableError: what was written is unknown then."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        retention_days: int,
        clock: Clock = time.time,
    ) -> None:
        self._client, self._table = client, table
        self._retention, self._clock = retention_days * DAY_SECONDS, clock

    def claim(self, event: Event, body: KeptBody | None = None) -> Claim:
        """Keep the event, beside it the body that brought it, and claim it; in one write if none is there."""
        # One reading of the clock: what is kept under the whole id must not outlast its message's item.
        now = int(self._clock())
        kept = self._put(event.key, event, body, now)
        if kept is None or kept["eventId"]["S"] == event.id:
            return self._settled(event.key, event, kept)
        self._outlive(event.key, kept, now + self._retention)
        kept = self._put(event.id, event, body, now)
        return replace(self._settled(event.id, event, kept), other_content=True)

    def take_over(self, key: str) -> Claim | None:
        """Claim a kept event if its lease has run out. Returns None if it is not kept any more."""
        now, owner = int(self._clock()), new_owner()
        try:
            with conditional_write():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": key}},
                    UpdateExpression="SET leaseUntil = :until, claimant = :claimant",
                    ConditionExpression=f"attribute_exists({PENDING.attribute}) AND leaseUntil <= :now",
                    ExpressionAttributeValues={
                        ":until": number(now + LEASE_SECONDS),
                        ":claimant": {"S": owner},
                        ":now": number(now),
                    },
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailedError as refused:
            return _claim_of(key, refused.item, owner) if refused.item else None
        return _granted(key, answer["Attributes"])

    def mark_published(self, claim: Claim) -> None:
        """End a claim: from now on the event's repeats are known as such."""
        with aws_errors():
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": claim.key}},
                UpdateExpression="SET publishedAt = :at"
                f" REMOVE {PENDING.attribute}, leaseUntil, claimant, refusals",
                # Neither another event that took an expired one's place, nor a stump of a deleted item.
                ConditionExpression="eventId = :id",
                ExpressionAttributeValues={
                    ":at": {"S": timestamp(self._clock())},
                    ":id": {"S": claim.event.id},
                },
            )

    def refuse(self, claim: Claim, *, set_aside: bool) -> None:
        """Keep in mind that SNS refused the event once more; set aside, no sweep tries it again.

        Its next delivery does, and so does a replay.
        """
        shard = shard_of(claim.event.id)
        with aws_errors():
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": claim.key}},
                UpdateExpression=f"SET refusals = :refusals, {PENDING.attribute} = :shard",
                # Published since then, or deleted, it is not to come back.
                ConditionExpression=f"eventId = :id AND attribute_exists({PENDING.attribute})",
                ExpressionAttributeValues={
                    ":refusals": number(claim.refusals + 1),
                    ":shard": {"S": set_aside_shard(shard) if set_aside else pending_shard(shard)},
                    ":id": {"S": claim.event.id},
                },
            )

    def _put(self, key: str, event: Event, body: KeptBody | None, now: int) -> Item | None:
        """Keep the event under `key`, claimed; or else return the unexpired item that is there."""
        owner = new_owner()
        try:
            with conditional_write():
                self._client.put_item(
                    TableName=self._table,
                    Item=packed(
                        {
                            "pk": {"S": key},
                            **item_of(event),
                            **body_attributes(body),
                            "leaseUntil": number(now + LEASE_SECONDS),
                            "claimant": {"S": owner},
                            "expiresAt": number(now + self._retention),
                        }
                    ),
                    # The table deletes what has expired hours late; recovery may be publishing it just now.
                    ConditionExpression="attribute_not_exists(pk)"
                    " OR expiresAt <= :now AND attribute_not_exists(leaseUntil)"
                    " OR expiresAt <= :now AND leaseUntil <= :now",
                    ExpressionAttributeValues={":now": number(now)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailedError as refused:
            # Our own: the write had arrived, its answer had not, and botocore sent it again.
            return None if refused.item.get("claimant") == {"S": owner} else refused.item
        return None

    def _settled(self, key: str, event: Event, kept: Item | None) -> Claim:
        """Returns the claim of an event that was kept now, or else met the item `kept`."""
        if kept is None:
            return Claim(ClaimState.GRANTED, key, event)
        if "publishedAt" in kept:
            return Claim(ClaimState.PUBLISHED, key, event_of(kept))
        if int(kept["leaseUntil"]["N"]) > int(self._clock()):
            return Claim(ClaimState.IN_PROGRESS, key, event_of(kept))
        taken = self.take_over(key)
        # Gone, or another in its place, since then: as good as in progress, the next delivery finds a place.
        return taken if taken and taken.event.id == event.id else Claim(ClaimState.IN_PROGRESS, key, event)

    def _outlive(self, key: str, kept: Item, expires: int) -> None:
        """Keep the first event of a message at least as long as the other that is claimed now."""
        if int(kept["expiresAt"]["N"]) >= expires:
            return
        try:
            with conditional_write():
                self._client.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": key}},
                    UpdateExpression="SET expiresAt = :expires",
                    ConditionExpression="expiresAt < :expires",
                    ExpressionAttributeValues={":expires": number(expires)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailedError as refused:
            if not refused.item:
                raise UnavailableError("ItemExpired", "UpdateItem") from None


def _granted(key: str, item: Item) -> Claim:
    refusals = int(item["refusals"]["N"]) if "refusals" in item else 0
    return Claim(ClaimState.GRANTED, key, event_of(item), refusals=refusals)


def _claim_of(key: str, item: Item, owner: str) -> Claim:
    """Returns what a refused take-over found: published, another's, or ours after a lost answer."""
    if "publishedAt" in item:
        return Claim(ClaimState.PUBLISHED, key, event_of(item))
    if item["claimant"]["S"] == owner:
        return _granted(key, item)
    return Claim(ClaimState.IN_PROGRESS, key, event_of(item))


def new_owner() -> str:
    """Returns a name for one claim, drawn at random: by it a claim whose answer was lost is known again."""
    return os.urandom(8).hex()
