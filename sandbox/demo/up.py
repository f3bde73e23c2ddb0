"""`up`: the sandbox left running, with commands to try that work as they are printed."""

import json
import shlex
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from rich.console import Console

from sandbox.cloud.deploy import STACK
from sandbox.cloud.local_invoke import local_invoke_files, write_local_invoke
from sandbox.demo.inputs import ORGANISATIONS, SAMPLES, notice
from sandbox.demo.stage import Stage, stage
from sandbox.demo.subscribers import Subscribers
from sandbox.lifecycle import only_one, part
from sandbox.vendors.callbacks import CONTENT_TYPE

COMMANDS = Path(__file__).with_name("commands.txt")


def run(console: Console, port: int) -> NoReturn:
    """Bring everything up and stay; ends by Ctrl-C or a signal. Raises SandboxError."""
    with only_one("up"), local_invoke_files(), stage("up", console, port) as running:
        with part(console, "Subscribing a queue to every topic, registering every eventTag"):
            outcomes = running.stack.outputs["NoticeOutcomeTopicArn"]
            subscribers = Subscribers(running.stack, outcomes=outcomes)
            request = {"action": "register", "callbackUrl": running.stack.callback_url}
            running.stack.invoke("GatewayFunctionName", request)
        write_local_invoke(running.stack)
        show(console, running, subscribers)
        watch(console, running)


def show(console: Console, running: Stage, subscribers: Subscribers) -> None:
    """Print the addresses and the commands; nothing is folded, so that each can be copied."""
    addresses = {
        "local cloud": running.cloud.url,
        "callback": f"{running.stack.callback_url}/{running.stack.token()}",
        "portal": f"{running.portal.url} (stand-in)",
        "gateway": f"{running.gateway.url} (stand-in)",
        "logs": str(running.cloud.log),
    }
    lines = [f"  {name:<12} {address}" for name, address in addresses.items()]
    for command in commands(running, subscribers):
        lines += ["", f"# {command.title}", command.text]
    text = "\n".join(["", *lines, "", "Ctrl-C stops everything. What the portal is asked for is shown here:"])
    console.print(text, markup=False, soft_wrap=True)


def watch(console: Console, running: Stage) -> NoReturn:
    """Show each produce call as the portal sees it."""
    shown = 0
    while True:
        calls = running.portal.calls
        for call in calls[shown:]:
            answer = "accepted" if call.ok else f"HTTP {call.status} {call.message}"
            now = datetime.now().astimezone()
            line = f"{now:%H:%M:%S%:z} {call.org_id}, notices in the call: {call.size}, {answer}"
            console.print(line, markup=False, soft_wrap=True)
        shown = len(calls)
        time.sleep(0.5)


class Command(NamedTuple):
    """One command line, and what it is for."""

    title: str
    text: str


def commands(running: Stage, subscribers: Subscribers) -> list[Command]:
    """Those of commands.txt with the sandbox's real addresses, in the order in which they show something."""
    values = _values(running, subscribers)
    blocks = [block.splitlines() for block in COMMANDS.read_text("utf-8").split("\n\n")]
    return [Command(title.removeprefix("# "), line.format_map(values)) for title, line in blocks]


def _values(running: Stage, subscribers: Subscribers) -> dict[str, str]:
    stack, sample, (org_id, users) = running.stack, SAMPLES[0], next(iter(ORGANISATIONS.items()))
    names = ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environ = {name: running.cloud.environ[name] for name in names}
    # The stack's own address leads to AWS; here the gateway reaches the relay on loopback.
    environ |= {"RELAY_STACK": STACK, "RELAY_CALLBACK_URL": stack.callback_url}
    dispatched = {"dispatchId": "0e276c97-c3f9-44c2-88ab-335123991c45"}
    ids = {"sourceMessageId": "SOURCE-1", "callbackMessageId": "CALLBACK-1"}
    wrong = {"messageId": "n-by-hand-2", "messageType": 2}
    return {
        "environ": " ".join(f"{name}={value}" for name, value in environ.items()),
        # The AWS command line's first version overlooks AWS_ENDPOINT_URL when it talks to SQS.
        "aws": f"aws --endpoint-url {running.cloud.url}",
        "content_type": CONTENT_TYPE,
        "token": stack.token(),
        "callback": f"{stack.callback_url}/{stack.token()}/{sample.slug}",
        "subscriber": subscribers.urls[sample.slug],
        "table": stack.outputs["EventTableName"],
        "queue": stack.outputs["NoticeQueueUrl"],
        "letters": stack.outputs["NoticeDeadLetterQueueUrl"],
        "handshake": _quoted({"eventTag": sample.event_tag, **dispatched}),
        "event": _quoted({**dispatched, **ids, "content": sample.content}),
        "notice": _quoted({"orgId": org_id, "messages": [notice(1, "n-by-hand-1", users)]}),
        "org": org_id,
        "message": _quoted(notice(3, "n-by-hand-3", users)),
        "outcomes": subscribers.outcomes_url,
        "wrong": _quoted({"orgId": org_id, "messages": [wrong]}),
    }


def _quoted(body: Any) -> str:
    return shlex.quote(json.dumps(body, ensure_ascii=False))
