"""`up`: the sandbox left running, with commands to try that work as they are printed."""

import time
from typing import NoReturn

from sandbox.cloud.local_invoke import local_invoke_files, write_local_invoke
from sandbox.cloud.only_one import only_one
from sandbox.demo.commands import commands
from sandbox.demo.screen import Screen
from sandbox.demo.stage import Stage, stage
from sandbox.demo.subscribers import Subscribers


def run(screen: Screen, port: int) -> NoReturn:
    """Bring everything up and stay; ends by Ctrl-C or a signal. Raises SandboxError."""
    with only_one("up"), local_invoke_files(), stage("up", screen.part, port) as running:
        with screen.part("Subscribing a queue to every topic, registering every eventTag"):
            subscribers = Subscribers(running.stack)
            request = {"action": "register", "callbackUrl": running.stack.callback_url}
            running.stack.invoke("GatewayFunctionName", request)
        write_local_invoke(running.stack)
        tell(screen, running, subscribers)
        watch(screen, running)


def tell(screen: Screen, running: Stage, subscribers: Subscribers) -> None:
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
    screen.console.print(text, markup=False, soft_wrap=True)


def watch(screen: Screen, running: Stage) -> NoReturn:
    """Show each produce call as the portal sees it."""
    shown = 0
    while True:
        calls = running.portal.calls
        for call in calls[shown:]:
            answer = "accepted" if call.ok else f"HTTP {call.status} {call.message}"
            line = f"{time.strftime('%H:%M:%S')} {call.org_id}, notices in the call: {call.size}, {answer}"
            screen.console.print(line, markup=False, soft_wrap=True)
        shown = len(calls)
        time.sleep(0.5)
