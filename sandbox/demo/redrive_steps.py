"""The demo's last step: a person lists the dead letters, fixes one, and sends both again."""

import json
from collections.abc import Iterator
from pathlib import Path

from sandbox.demo import outbound_steps, portal_steps
from sandbox.demo.operator import operate
from sandbox.demo.outbound import depth
from sandbox.demo.steps import Check, Progress, Scene, await_count

WAIT_SECONDS = 60
FIXED, AS_IT_IS = outbound_steps.POISON, portal_steps.POISON
TAG = [{"defaultValue": "普通", "i18nValue": {"zh_CN": "普通"}}]


def redrive(scene: Scene, progress: Progress) -> Iterator[Check]:
    """As the README has it: dead-letters --save, an editor, redrive."""
    stack, portal = scene.stage.stack, scene.stage.portal
    saved = scene.stage.cloud.folder / "letters.jsonl"
    listed = operate(stack, "dead-letters", "--save", str(saved))
    named = {letter["messageId"]: letter["errorCode"] for letter in listed["letters"]}
    yield Check("dead letters that are listed", {FIXED: "400", AS_IT_IS: "500"}, named)
    _edit(saved)
    redriven = operate(stack, "redrive", str(saved))
    yield Check("dead letters that are redriven", len(named), len(redriven["redriven"]))

    def through() -> int:
        return (FIXED in portal.accepted("o-ningbo")) + (AS_IT_IS in portal.accepted("o-jiaxing"))

    await_count(through, len(named), WAIT_SECONDS, progress)
    yield Check("redriven notices that the portal has", len(named), through())
    yield Check("fixed notice: its tags at the portal", TAG, portal.message("o-ningbo", FIXED)["tags"])
    await_count(lambda: -depth(stack, "NoticeQueueUrl"), 0, WAIT_SECONDS, lambda *_: None)
    left = depth(stack, "NoticeQueueUrl"), depth(stack, "NoticeDeadLetterQueueUrl")
    yield Check("records in the notice queue, dead letters", (0, 0), left)
    yield Check("all: what needs a person, by `status`", [], operate(stack, "status")["needs"])
    scene.remarks.append(f"dead letters: {FIXED} was fixed, {AS_IT_IS} sent as it was; both are accepted")


def _edit(saved: Path) -> None:
    """What a person does in an editor."""
    lines = [json.loads(line) for line in saved.read_text("utf-8").splitlines()]
    for line in lines:
        if line["notice"]["messageId"] == FIXED:
            line["notice"]["tags"] = TAG
    saved.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
