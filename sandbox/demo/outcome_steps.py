"""The demo's steps about outcomes: a notice that is too late, and what senders are told of every notice."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from relay.notices.record import RECORD_LIMIT, TOO_LATE
from sandbox.demo.outbound_steps import (
    BREAKER,
    BREAKING,
    LATE,
    POISON,
    REASON,
    REFUSED,
    SENT,
    WAIT_SECONDS,
    WAITING,
    calls_of,
    checks_of_acceptance,
    lines,
)
from sandbox.demo.scene import PER_RECORD, Check, Checks, Scene, await_count, dead_letters, operate
from sandbox.demo.subscribers import Envelope

# Over before the notice is sent, and so before it is received for the first time.
NOT_AFTER = "2020-01-01T00:00:00+08:00"
TYPE, SOURCE = "notice.outcome.v1", "urn:mozi:relay"
REJECTED = {
    REFUSED: {POISON: ("400", f"parameter.invalid: {POISON}: {REASON}")},
    BREAKING: {BREAKER: ("500", "internal error")},
    LATE: dict.fromkeys(SENT[LATE], (TOO_LATE, f"{NOT_AFTER} has passed")),
}
"""By organisation, the notices that were rejected, with code and message. Each was redriven later, alone."""
# `send` packs them as tight as it can.
BY_COMMAND = {WAITING, LATE}

# messageId, errorCode and errorMessage; by organisation and outcome.
type NoticeTold = tuple[str, str | None, str | None]
type Told = dict[tuple[str, str], list[NoticeTold]]


def reject_late(scene: Scene) -> Checks:
    """What is too late when it is first received is no call's matter, and nobody sends it by mistake."""
    portal, stack = scene.stage.portal, scene.stage.stack
    asked = len(portal.asked)
    file = scene.stage.cloud.folder / "late.jsonl"
    file.write_text(lines(SENT[LATE]), "utf-8")
    operate(stack, "send", str(file), "--org", LATE, "--not-after", NOT_AFTER)
    await_count(lambda: len(_late_letters(scene)[1]), len(SENT[LATE]), WAIT_SECONDS)
    yield from checks_of_acceptance(scene, LATE, but=SENT[LATE])
    named, bodies = _late_letters(scene)
    sent = [{"orgId": LATE, "messages": [one], "notAfter": NOT_AFTER} for one in SENT[LATE].values()]
    yield Check("too late: dead letters, codes and messages", REJECTED[LATE], named)
    yield Check("too late: what the dead letters hold", sent, bodies)
    calls = len(calls_of(scene, LATE)), len(portal.asked) - asked
    yield Check("too late: produce calls, questions to the portal", (0, 0), calls)
    scene.remarks.append(
        f"too late: {', '.join(SENT[LATE])} was rejected without a call, and sent with `redrive --anyway`"
    )
    yield from _redrive_late(scene)


def _redrive_late(scene: Scene) -> Checks:
    """It stays a dead letter, unless it is to be sent anyway."""
    portal, stack = scene.stage.portal, scene.stage.stack
    these = "redrive", "--all", "--code", TOO_LATE
    refused = operate(stack, *these, status=2)
    kept = await_count(lambda: len(_late_letters(scene)[1]), len(SENT[LATE]), WAIT_SECONDS)
    redriven = operate(stack, *these, "--anyway")["redriven"]
    await_count(lambda: len(portal.accepted(LATE)), len(SENT[LATE]), WAIT_SECONDS)
    said = len(refused["tooLate"]), len(refused["redriven"]), kept
    yield Check("too late: refused by `redrive`, sent, and still dead letters", (1, 0, 1), said)
    sent_anyway = len(redriven), portal.accepted(LATE)
    yield Check("too late: sent and accepted with `--anyway`", (1, set(SENT[LATE])), sent_anyway)


def tell(scene: Scene) -> Checks:
    """A subscriber was told what became of every record, those that were redriven among them."""
    counts, wanted = _events_due(), _notices_due()
    told = scene.subscribers.outcomes
    await_count(lambda: len({event["id"] for event in told()}), sum(counts.values()), WAIT_SECONDS)
    # A repeat has the id of the first.
    events = list({event["id"]: event for event in told()}.values())
    found, seen = Counter[tuple[str, str]](), dict[tuple[str, str], list[NoticeTold]]()
    for event in events:
        kind = event["data"]["orgId"], event["data"]["outcome"]
        found[kind] += 1
        seen.setdefault(kind, []).extend(_notices_told(event))
    kinds = {(event["type"], event["source"], event["specversion"]) for event in events}
    yield Check("outcomes: types, sources and versions", {(TYPE, SOURCE, "1.0")}, kinds)
    yield Check("outcomes: events by organisation and outcome", counts, dict(found))
    for kind, notices in wanted.items():
        what = f"outcomes: {' '.join(kind)}: notices told wrong, not at all, or twice"
        yield Check(what, [], _differing(notices, seen.get(kind, [])))
    scene.remarks.append(
        f"outcomes: {len(events)} events told senders of {sum(map(len, seen.values()))} notices, "
        f"{sum(map(len, REJECTED.values()))} of them rejected with the reason"
    )


def _late_letters(scene: Scene) -> tuple[Mapping[str, tuple[str, str]], list[Any]]:
    """Codes and messages of the dead letters by messageId, and their bodies."""
    found = [one for one in dead_letters(scene.stage.stack) if one["orgId"] == LATE]
    named = {one["messageId"]: (one["errorCode"], one["errorMessage"]) for one in found}
    return named, [json.loads(one["body"]) for one in found]


def _events_due() -> dict[tuple[str, str], int]:
    """How many events there are of each organisation and outcome: one for each record that has any of it."""
    due: dict[tuple[str, str], int] = {}
    for org_id, sent in SENT.items():
        rejected = REJECTED.get(org_id, {})
        records = -(-len(sent) // (RECORD_LIMIT if org_id in BY_COMMAND else PER_RECORD))
        due[org_id, "accepted"] = (records if sent.keys() - rejected else 0) + len(rejected)
        due |= {(org_id, "rejected"): 1} if rejected else {}
    return due


def _notices_due() -> Told:
    """What is told of each notice: in the end all are accepted."""
    due: Told = {(org_id, "accepted"): [(name, None, None) for name in sent] for org_id, sent in SENT.items()}
    for org_id, rejected in REJECTED.items():
        due[org_id, "rejected"] = [(name, *why) for name, why in rejected.items()]
    return due


def _notices_told(event: Envelope) -> Iterator[NoticeTold]:
    for one in event["data"]["notices"]:
        yield one["messageId"], one.get("errorCode"), one.get("errorMessage")


def _differing(wanted: Iterable[NoticeTold], seen: Iterable[NoticeTold]) -> list[NoticeTold]:
    """What is in one of them and not in the other, as often as it is."""
    due, found = Counter(wanted), Counter(seen)
    return [*(due - found).elements(), *(found - due).elements()]
