"""The demo's outbound steps: poison notices, the portal's bad hours, and what a person fixes afterwards."""

import json
import time
from collections import Counter
from collections.abc import Collection

from sandbox.cloud.deploy import STACK
from sandbox.demo.inputs import notices
from sandbox.demo.scene import (
    Check,
    Checks,
    Notices,
    OrganisationRow,
    Scene,
    await_count,
    dead_letters,
    depth,
    operate,
    put_on_queue,
    shown_once,
)
from sandbox.vendors.portal import BATCH_LIMIT, Call

WAIT_SECONDS = 120
FINE, REFUSED, WAITING, BREAKING = "o-hangzhou", "o-ningbo", "o-wenzhou", "o-jiaxing"
MANY, MISCONFIGURED, LATE = "o-shaoxing", "o-taizhou", "o-huzhou"
COUNTS = {FINE: 150, REFUSED: 100, WAITING: 101, BREAKING: 100, MANY: 300, MISCONFIGURED: 60, LATE: 1}
SENT = {org: notices(org, count) for org, count in COUNTS.items()}
# The notice that the portal refuses and why, and the one on which it breaks.
POISON, REASON, BREAKER = "n-ningbo-037", "标签未在门户登记", "n-jiaxing-042"
# Halving 100 seven times leaves one.
MOST_REFUSALS = 8
# Each running function learns for itself: two batches at first, a probe when their records return, and then
# it leaves the portal alone.
FIRST_CALLS, MOST_CALLS_DOWN = 3, 12
# Failed calls that another notice may have been in before it is taken: halving 100 leaves it alone after 7,
# and once more if the first that is sent alone is the one that breaks them. All failed calls before the last
# of the others are no measure: the record of that notice is back within a second, as short as waits are here,
# and fails anew, maybe before a function has started for the records that no call was made for yet.
MOST_BREAKS_OF_OTHERS, MOST_CALLS_BREAKING = 8, 150
# The portal's own limit, and the calls in which one running function learns it and sends them all; the queue
# may wake two.
LIMIT, MOST_CALLS_TO_LEARN = 50, 12
# The application may not use the API. Each running function finds out for itself, in one call.
NOT_ALLOWED, MOST_CALLS_IN_VAIN = "498", 3
# What a person puts right in the refused one.
TAG = [{"defaultValue": "普通", "i18nValue": {"zh_CN": "普通"}}]


def send(scene: Scene) -> Checks:
    """Notices of two organisations, one of which the portal refuses: each has its outcome."""
    portal, stack = scene.stage.portal, scene.stage.stack
    portal.break_down(refuse={POISON: REASON})
    sent = {org_id: SENT[org_id] for org_id in (FINE, REFUSED)}
    put_on_queue(stack, sent)

    def settled() -> int:
        accepted = sum(len(portal.accepted(org_id)) for org_id in sent)
        return accepted + depth(stack, "NoticeDeadLetterQueueUrl")

    await_count(settled, sum(map(len, sent.values())), WAIT_SECONDS)
    yield queue_is_empty(scene)
    for org_id in sent:
        yield from _checks_of_calls(org_id, calls_of(scene, org_id))
        yield from checks_of_acceptance(scene, org_id, but={POISON} & SENT[org_id].keys())
    letters = dead_letters(stack)
    yield Check("dead letters", 1, len(letters))
    for letter in letters:
        named = letter["orgId"], letter["messageId"]
        body = {"orgId": REFUSED, "messages": [SENT[REFUSED][POISON]]}
        yield Check("dead letter: orgId, messageId", (REFUSED, POISON), named)
        yield Check("dead letter has the portal's reason", True, REASON in letter["errorMessage"])
        yield Check("dead letter holds the notice as it was sent", body, json.loads(letter["body"]))
    portal.fix()


def send_many(scene: Scene) -> Checks:
    """The portal gives no answer in time to more than 50 notices at once: smaller batches are learned."""
    portal = scene.stage.portal
    portal.break_down(largest=LIMIT, too_much=(504, b""))
    put_on_queue(scene.stage.stack, {MANY: SENT[MANY]})
    await_count(lambda: len(portal.accepted(MANY)), len(SENT[MANY]), WAIT_SECONDS)
    yield queue_is_empty(scene)
    yield from checks_of_acceptance(scene, MANY)
    calls = calls_of(scene, MANY)
    few = len(calls) <= 2 * MOST_CALLS_TO_LEARN
    yield Check(f"a portal that takes {LIMIT}: calls are few", True, few)
    taken = [call.size for call in calls if call.ok]
    scene.remarks.append(
        f"a portal that takes {LIMIT}, and answers 504 to more: {len(calls)} calls for {len(SENT[MANY])} "
        f"notices, {len(calls) - len(taken)} of them too large; one notice alone after that is the probe of "
        "whether the portal works at all"
    )
    portal.fix()


def misconfigure(scene: Scene) -> Checks:
    """The application loses its right to the API: that is said at once, and nothing is lost by it."""
    portal, stack, began = scene.stage.portal, scene.stage.stack, time.time()
    portal.break_down(code=int(NOT_ALLOWED))
    put_on_queue(stack, {MISCONFIGURED: SENT[MISCONFIGURED]})
    await_count(lambda: len(_faults(scene, began)), 1, WAIT_SECONDS)
    calls = len(calls_of(scene, MISCONFIGURED))
    few = calls <= MOST_CALLS_IN_VAIN
    yield Check("configuration at fault: calls until the log names it are few", True, few)
    said = operate(stack, "status", status=1)["needs"]
    named = sum(f"({NOT_ALLOWED})" in need for need in said)
    yield Check("configuration at fault: lines of `status` that name it", 1, named)
    portal.fix()
    await_count(lambda: len(portal.accepted(MISCONFIGURED)), len(SENT[MISCONFIGURED]), WAIT_SECONDS)
    yield queue_is_empty(scene)
    yield from checks_of_acceptance(scene, MISCONFIGURED)
    vain = sum(not call.ok for call in calls_of(scene, MISCONFIGURED))
    in_log = _faults(scene, began)
    yield Check("configuration at fault: what the log says of each call", [NOT_ALLOWED] * vain, in_log)
    scene.remarks.append(
        f"the portal took the right to send away ({NOT_ALLOWED}): calls in vain until the log and `status` "
        f"named it: {calls}, until the right was given back: {vain}"
    )


def fail(scene: Scene) -> Checks:
    """The portal answers 503 to everything: notices wait, and it is not asked again and again."""
    stack, portal = scene.stage.stack, scene.stage.portal
    letters = depth(stack, "NoticeDeadLetterQueueUrl")
    portal.break_down(down=True)
    file = scene.stage.cloud.folder / "notices.jsonl"
    file.write_text(lines(SENT[WAITING]), "utf-8")
    sent = operate(stack, "send", str(file), "--org", WAITING)["organisations"]
    await_count(lambda: len(calls_of(scene, WAITING)), FIRST_CALLS, WAIT_SECONDS)
    added = depth(stack, "NoticeDeadLetterQueueUrl") - letters
    yield Check("portal down: notices put on the queue", {WAITING: len(SENT[WAITING])}, sent)
    yield Check("portal down: notices accepted", 0, len(portal.accepted(WAITING)))
    yield Check("portal down: dead letters", 0, added)


def recover(scene: Scene) -> Checks:
    """The portal is back: what waited gets through. Then comes a notice on which it answers 500."""
    portal, count = scene.stage.portal, len(SENT[WAITING])
    failed = len(calls_of(scene, WAITING))
    yield Check("portal down: calls are few", True, failed <= MOST_CALLS_DOWN)
    portal.fix()
    await_count(lambda: len(portal.accepted(WAITING)), count, WAIT_SECONDS)
    yield from checks_of_acceptance(scene, WAITING)
    scene.remarks.append(
        f"portal down: {count} notices waited in the queue, the portal was called {failed} times meanwhile; "
        "all were accepted once it was back"
    )
    portal.break_down(break_on=frozenset({BREAKER}))
    put_on_queue(scene.stage.stack, {BREAKING: SENT[BREAKING]})


def reject_poison(scene: Scene) -> Checks:
    """The others were taken long before it, alone and again and again, has proved to break the portal."""
    await_count(lambda: int(BREAKER in _rejected(scene)), 1, WAIT_SECONDS)
    yield queue_is_empty(scene)
    yield Check(
        "notice that breaks the portal: its dead letter", "500 internal error", _rejected(scene).get(BREAKER)
    )
    yield from checks_of_acceptance(scene, BREAKING, but={BREAKER})
    calls, breaks = calls_of(scene, BREAKING), Counter[str]()
    through: set[str] = {BREAKER}
    for call in calls:
        if call.ok:
            through.update(call.ids)
        else:
            breaks.update(set(call.ids) - through)
    most = max(breaks.values(), default=0)
    few = most <= MOST_BREAKS_OF_OTHERS, len(calls) <= MOST_CALLS_BREAKING
    what = "notice that breaks the portal: few calls failed with each other before it was taken, few in all"
    yield Check(what, (True, True), few)
    scene.remarks.append(
        f"notice that breaks the portal: each of the {len(SENT[BREAKING]) - 1} others was accepted after at "
        f"most {most} failed calls; after {len(calls)} calls in all it went to the dead-letter queue"
    )
    scene.stage.portal.fix()


def redrive(scene: Scene) -> Checks:
    """As the README has it: dead-letters --save, an editor, redrive."""
    stack, portal = scene.stage.stack, scene.stage.portal
    saved = scene.stage.cloud.folder / "letters.jsonl"
    listed = operate(stack, "dead-letters", "--save", str(saved))["letters"]
    named = {letter["messageId"]: letter["errorCode"] for letter in listed}
    letters = map(json.loads, saved.read_text("utf-8").splitlines())
    by_id = {letter["notice"]["messageId"]: letter for letter in letters}
    by_id[POISON]["notice"]["tags"] = TAG
    saved.write_text(lines(by_id), "utf-8")
    redriven = operate(stack, "redrive", str(saved))["redriven"]

    def through() -> int:
        return (POISON in portal.accepted(REFUSED)) + (BREAKER in portal.accepted(BREAKING))

    await_count(through, len(named), WAIT_SECONDS)
    left = queue_is_empty(scene).seen, depth(stack, "NoticeDeadLetterQueueUrl")
    yield Check("dead letters that are listed", {POISON: "400", BREAKER: "500"}, named)
    yield Check("dead letters that are redriven", len(named), len(redriven))
    yield Check("redriven notices that the portal has", len(named), through())
    yield Check("fixed notice: its tags at the portal", TAG, portal.message(REFUSED, POISON)["tags"])
    yield Check("records in the notice queue, dead letters", (0, 0), left)
    yield Check("all: what needs a person, by `status`", [], operate(stack, "status")["needs"])
    scene.remarks.append(
        f"dead letters: {POISON} was fixed and sent again, {BREAKER} was sent again as it was; "
        "both are accepted"
    )


def _checks_of_calls(org_id: str, calls: list[Call]) -> Checks:
    accepted = [name for call in calls if call.ok for name in call.ids]
    refused = [call for call in calls if not call.ok]
    strays = [call.message for call in refused if POISON not in call.ids]
    yield Check(f"{org_id}: notices accepted more than once", 0, len(accepted) - len(set(accepted)))
    yield Check(f"{org_id}: calls with more than {BATCH_LIMIT}", 0, sum(c.size > BATCH_LIMIT for c in calls))
    yield Check(f"{org_id}: refused calls within {MOST_REFUSALS}", True, len(refused) <= MOST_REFUSALS)
    yield Check(f"{org_id}: refusals that had another cause", [], strays)


def checks_of_acceptance(scene: Scene, org_id: str, but: Collection[str] = ()) -> Checks:
    """All but these are accepted and shown; adds the organisation's row."""
    sent, accepted = SENT[org_id], scene.stage.portal.accepted(org_id)
    sizes = [call.size for call in calls_of(scene, org_id)]
    rejected = {name: why for name, why in _rejected(scene).items() if name in sent}
    scene.organisations.append(OrganisationRow(org_id, len(sent), sizes, len(accepted), rejected))
    yield Check(f"{org_id}: notices accepted", len(sent) - len(but), len(accepted))
    yield shown_once(scene, org_id, sent, but=but)


def queue_is_empty(scene: Scene) -> Check:
    """A record may be handled and not yet deleted."""
    left = -await_count(lambda: -depth(scene.stage.stack, "NoticeQueueUrl"), 0, WAIT_SECONDS)
    return Check("records left in the notice queue", 0, left)


def _rejected(scene: Scene) -> dict[str, str]:
    """Codes and reasons of the dead letters, by messageId."""
    letters = dead_letters(scene.stage.stack)
    return {one["messageId"]: f"{one['errorCode']} {one['errorMessage']}" for one in letters}


def calls_of(scene: Scene, org_id: str) -> list[Call]:
    return [call for call in scene.stage.portal.calls if call.org_id == org_id]


def _faults(scene: Scene, since: float) -> list[str]:
    """Codes of what the notice function's log names as everybody's fault; the local cloud filters nothing."""
    logs = scene.stage.stack.cloud.client("logs").get_paginator("filter_log_events")
    pages = logs.paginate(logGroupName=f"/aws/lambda/{STACK}-notice", startTime=int(since * 1000))
    texts = [one["message"] for page in pages for one in page["events"]]
    found = [json.loads(one) for one in texts if '"configuration at fault"' in one]
    return [line["error_code"] for line in found if line["org_id"] == "any"]


def lines(objects: Notices) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in objects.values())
