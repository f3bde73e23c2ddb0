"""The demo's bad hours of the portal: an outage, and a notice on which the portal breaks."""

import json
from collections.abc import Iterator

from sandbox.demo.operator import operate
from sandbox.demo.outbound import attributes, dead_letters, depth, notices, put_on_queue, received
from sandbox.demo.steps import Check, OrganisationRow, Progress, Scene, await_count
from sandbox.vendors.portal import Call

WAIT_SECONDS = 120
WAITING, BREAKING = "o-wenzhou", "o-jiaxing"
COUNTS = {WAITING: 101, BREAKING: 100}
POISON = "n-jiaxing-042"
# Each running function learns for itself: two batches at first, a probe when their records return, and then
# it leaves the portal alone.
FIRST_CALLS, MOST_CALLS_DOWN = 3, 12
# Calls that the notice may break before all others are through, and until it is rejected; see the sender.
MOST_BREAKS_OF_OTHERS, MOST_BREAKS = 9, 27


def fail(scene: Scene, progress: Progress) -> Iterator[Check]:
    """The portal answers 503 to everything: notices wait, and it is not asked again and again."""
    stack, portal = scene.stage.stack, scene.stage.portal
    letters = depth(stack, "NoticeDeadLetterQueueUrl")
    portal.break_down(down=True)
    file = scene.stage.cloud.folder / "notices.jsonl"
    lines = (json.dumps(one, ensure_ascii=False) for one in notices(WAITING, COUNTS[WAITING]).values())
    file.write_text("\n".join(lines), "utf-8")
    sent = operate(stack, "send", str(file), "--org", WAITING)
    yield Check("portal down: notices put on the queue", {WAITING: COUNTS[WAITING]}, sent["organisations"])
    await_count(lambda: len(_calls(scene, WAITING)), FIRST_CALLS, WAIT_SECONDS, progress)
    yield Check("portal down: notices accepted", 0, len(portal.accepted(WAITING)))
    added = depth(stack, "NoticeDeadLetterQueueUrl") - letters
    yield Check("portal down: dead letters", 0, added)


def recover(scene: Scene, progress: Progress) -> Iterator[Check]:
    """The portal is back: what waited gets through. Then comes a notice on which it answers 500."""
    stack, portal = scene.stage.stack, scene.stage.portal
    failed = len(_calls(scene, WAITING))
    yield Check("portal down: calls are few", True, failed <= MOST_CALLS_DOWN)
    portal.fix()
    await_count(lambda: len(portal.accepted(WAITING)), COUNTS[WAITING], WAIT_SECONDS, progress)
    yield from _checks_of_acceptance(scene, WAITING, but=set())
    scene.remarks.append(
        f"portal down: {COUNTS[WAITING]} notices waited, {failed} calls came in vain, all accepted afterwards"
    )
    portal.break_down(break_on=frozenset({POISON}))
    put_on_queue(stack, {BREAKING: notices(BREAKING, COUNTS[BREAKING])})


def reject_poison(scene: Scene, progress: Progress) -> Iterator[Check]:
    """The others were taken long before it, alone and again and again, has proved to break the portal."""
    stack, portal = scene.stage.stack, scene.stage.portal
    await_count(lambda: int(POISON in _rejected(scene)), 1, WAIT_SECONDS, progress)
    await_count(lambda: -depth(stack, "NoticeQueueUrl"), 0, WAIT_SECONDS, lambda *_: None)
    yield Check("records left in the notice queue", 0, depth(stack, "NoticeQueueUrl"))
    yield Check("breaking notice: its dead letter", "500 internal error", _rejected(scene).get(POISON))
    yield from _checks_of_acceptance(scene, BREAKING, but={POISON})
    calls = _calls(scene, BREAKING)
    others_through = max(number for number, call in enumerate(calls) if call.ok and _news(calls, number))
    before = sum(not call.ok for call in calls[:others_through])
    broken = sum(not call.ok for call in calls)
    few = before <= MOST_BREAKS_OF_OTHERS, broken <= MOST_BREAKS
    yield Check(
        "breaking notice: calls that it broke are few, before the others were through too", (True,) * 2, few
    )
    scene.remarks.append(
        f"breaking notice: it broke {before} calls before the {COUNTS[BREAKING] - 1} others were through, "
        f"and {broken} until it was rejected"
    )
    portal.fix()


def _checks_of_acceptance(scene: Scene, org_id: str, but: set[str]) -> Iterator[Check]:
    portal, sent = scene.stage.portal, notices(org_id, COUNTS[org_id])
    accepted = portal.accepted(org_id)
    yield Check(f"{org_id}: notices accepted", COUNTS[org_id] - len(but), len(accepted))
    yield received(scene, org_id, sent, but=but)
    sizes = [call.size for call in _calls(scene, org_id)]
    rejected = {name: code for name, code in _rejected(scene).items() if name in sent}
    scene.organisations.append(OrganisationRow(org_id, len(sent), sizes, len(accepted), rejected))


def _news(calls: list[Call], number: int) -> set[str]:
    """The notices that this call was the first to bring into the portal."""
    return set(calls[number].ids) - {name for call in calls[:number] if call.ok for name in call.ids}


def _rejected(scene: Scene) -> dict[str, str]:
    """Codes and reasons of the dead letters, by messageId."""
    letters = [attributes(letter) for letter in dead_letters(scene.stage.stack)]
    return {one["messageId"]: f"{one['errorCode']} {one['errorMessage']}" for one in letters}


def _calls(scene: Scene, org_id: str) -> list[Call]:
    return [call for call in scene.stage.portal.calls if call.org_id == org_id]
