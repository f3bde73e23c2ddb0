"""The commands of the pages that talk to a deployed stack do on the sandbox what the pages say.

They leave events and calls behind, and the demo counts all of them: on a sandbox that both share it is first.
"""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from sandbox.cloud.deploy import STACK
from sandbox.cloud.ministack import ROOT
from sandbox.demo.inputs import BY_SLUG, ORGANISATIONS, notice
from sandbox.demo.scene import PROGRAM, await_count, dead_letters, put_on_queue
from sandbox.demo.stage import Stage
from tests.support.blocks import blocks
from tests.support.stub_shell import BASH, link_repository, place, typed

# The organisation of the notices that the pages send.
ORG, REFUSED = "o15504745674071", "docs-refused"
LEAVER = BY_SLUG["employee-leave"]
WAIT_SECONDS = 60
# A `status` of 1 tells what other tests left for a person.
PROGRAM_OR_STATUS = f'{shlex.quote(str(PROGRAM))} "$@" || [ "$1" = status ]'
# What a page calls its stack; at the beginning of a command it is the program.
STACK_NAME = re.compile(r"(?<!^)(?<!^\$ )mozi-relay", re.MULTILINE)


@pytest.fixture
def refused(running: Stage) -> None:
    """The one dead letter: with the portal's code 400, whose reason has gone since."""
    running.cloud.client("sqs").purge_queue(QueueUrl=running.stack.outputs["NoticeDeadLetterQueueUrl"])
    running.portal.break_down(refuse={REFUSED: "no such menu"})
    put_on_queue(running.stack, {ORG: {REFUSED: notice(1, REFUSED, ORGANISATIONS[ORG])}})
    await_count(lambda: int(REFUSED in rejected(running)), 1, WAIT_SECONDS)
    running.portal.fix()


def rejected(running: Stage) -> list[str]:
    """The messageIds of the dead letters."""
    return [letter["messageId"] for letter in dead_letters(running.stack)]


def type_page(running: Stage, page: str, folder: Path, answers: str = "") -> None:
    """Type all of the page's commands, of this stack; its gateway is told an address without a host name."""
    link_repository(folder)
    programs = folder / "programs"
    programs.mkdir()
    place("aws", [sys.executable, ROOT / "tests" / "support" / "aws_command.py"], programs)
    place("mozi-relay", [BASH, "-c", PROGRAM_OR_STATUS, "mozi-relay"], programs)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    found = [
        one._replace(text=STACK_NAME.sub(STACK, one.text))
        for one in blocks(page)
        if one.language == "console"
    ]
    environ = {"PATH": path, "RELAY_CALLBACK_URL": running.stack.callback_url}

    done = typed(found, os.environ | running.cloud.environ | environ, folder, answers=answers)

    assert done.finished == [one.name for one in found], done.stderr


def test_a_queue_that_subscribes_as_printed_gets_the_events_of_its_tenant(
    running: Stage, tmp_path: Path
) -> None:
    type_page(running, "docs/subscribe.md", tmp_path)

    sqs, stack = running.cloud.client("sqs"), running.stack
    for tenant in ("196730", "196729"):
        url = f"{stack.callback_url}/{stack.token()}/{LEAVER.slug}"
        content = {**LEAVER.content, "tenantId": tenant}
        assert running.gateway.deliver(LEAVER.event_tag, content, url=url).wait(WAIT_SECONDS)
    queue = sqs.get_queue_url(QueueName="leavers")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)["Messages"]

    assert [json.loads(message["Body"])["data"]["tenantId"] for message in messages] == ["196729"]


def test_the_operators_commands_work_as_printed(running: Stage, tmp_path: Path) -> None:
    type_page(running, "docs/operate.md", tmp_path, answers="y\n")

    listed = running.stack.invoke("GatewayFunctionName", {"action": "list"})
    assert {tag["state"] for tag in listed["tags"]} == {"notRegistered"}


def test_notices_that_are_sent_as_printed_reach_the_portal_and_dead_letters_are_sent_again(
    running: Stage, refused: None, tmp_path: Path
) -> None:
    type_page(running, "docs/send.md", tmp_path)

    wanted = {"leave-2026-0042", "meeting-20261123-001", "canteen-20261123", REFUSED}
    await_count(lambda: len(wanted & running.portal.accepted(ORG)), len(wanted), WAIT_SECONDS)
    assert wanted - running.portal.accepted(ORG) == set()
    assert REFUSED not in rejected(running)
    assert REFUSED in (tmp_path / "letters.jsonl").read_text("utf-8")
