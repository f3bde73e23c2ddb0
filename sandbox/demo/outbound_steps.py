"""The demo's outbound step: 250 notices of two organisations, one of which the portal refuses."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.cloud.deploy import Stack
from sandbox.demo.outbound import attributes, dead_letters, depth, notices, put_on_queue, received
from sandbox.demo.steps import Check, OrganisationRow, Progress, Scene, await_count
from sandbox.vendors.portal import BATCH_LIMIT, Call

WAIT_SECONDS = 60
COUNTS = {"o-hangzhou": 150, "o-ningbo": 100}
POISON = "n-ningbo-037"
REASON = "标签未在门户登记"
# Halving 100 seven times leaves one.
MOST_REFUSALS = 8


def send(scene: Scene, progress: Progress) -> Iterator[Check]:
    """Puts the notices on the queue and waits until each has its outcome."""
    portal, stack = scene.stage.portal, scene.stage.stack
    portal.break_down(refuse={POISON: REASON})
    sent = {org_id: notices(org_id, count) for org_id, count in COUNTS.items()}
    put_on_queue(stack, sent)
    wanted = sum(COUNTS.values())

    def settled() -> int:
        return sum(len(portal.accepted(org_id)) for org_id in COUNTS) + depth(
            stack, "NoticeDeadLetterQueueUrl"
        )

    await_count(settled, wanted, WAIT_SECONDS, progress)
    # A record may be handled and not yet deleted.
    left = await_count(lambda: -depth(stack, "NoticeQueueUrl"), 0, WAIT_SECONDS, lambda *_: None)
    yield Check("records left in the notice queue", 0, -left)
    letters = [attributes(letter) for letter in dead_letters(stack)]
    for org_id in COUNTS:
        calls = [call for call in portal.calls if call.org_id == org_id]
        accepted = {name for call in calls if call.ok for name in call.ids}
        rejected = {one["messageId"]: one["errorMessage"] for one in letters if one["orgId"] == org_id}
        sizes = [call.size for call in calls]
        row = OrganisationRow(org_id, COUNTS[org_id], sizes, len(accepted), rejected)
        scene.organisations.append(row)
        yield from _checks_of_calls(org_id, calls)
        yield received(scene, org_id, sent[org_id], but={POISON})
    yield from _checks_of_dead_letters(stack, sent["o-ningbo"])
    portal.fix()


def _checks_of_calls(org_id: str, calls: list[Call]) -> Iterator[Check]:
    accepted = [name for call in calls if call.ok for name in call.ids]
    refused = [call for call in calls if not call.ok]
    wanted = COUNTS[org_id] - (org_id == "o-ningbo")
    yield Check(f"{org_id}: notices accepted", wanted, len(set(accepted)))
    yield Check(f"{org_id}: notices accepted more than once", 0, len(accepted) - len(set(accepted)))
    yield Check(f"{org_id}: calls with more than {BATCH_LIMIT}", 0, sum(c.size > BATCH_LIMIT for c in calls))
    yield Check(f"{org_id}: refused calls within {MOST_REFUSALS}", True, len(refused) <= MOST_REFUSALS)
    strays = [call.message for call in refused if POISON not in call.ids]
    yield Check(f"{org_id}: refusals that had another cause", [], strays)


def _checks_of_dead_letters(stack: Stack, sent: Mapping[str, dict[str, Any]]) -> Iterator[Check]:
    letters = dead_letters(stack)
    yield Check("dead letters", 1, len(letters))
    for letter in letters:
        said = attributes(letter)
        named = said["orgId"], said["messageId"]
        yield Check("dead letter: orgId, messageId", ("o-ningbo", POISON), named)
        yield Check("dead letter has the portal's reason", True, REASON in said["errorMessage"])
        body = {"orgId": "o-ningbo", "messages": [sent[POISON]]}
        yield Check("dead letter holds the notice as it was sent", body, json.loads(letter["Body"]))
