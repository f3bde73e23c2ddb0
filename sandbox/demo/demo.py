"""The demo: relay real input both ways through the deployed bundle, and check every number."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from sandbox.cloud.only_one import only_one
from sandbox.demo import (
    inbound_steps,
    outage_steps,
    outbound_steps,
    oversize_steps,
    portal_steps,
    redrive_steps,
    storm_steps,
)
from sandbox.demo.screen import Screen
from sandbox.demo.stage import HURRY, Stage, stage
from sandbox.demo.steps import Check, Scene, Step
from sandbox.demo.subscribers import Subscribers
from sandbox.demo.tables import show_tables

STEPS = (
    Step("Registering every eventTag (`register`), with handshakes; `status`", inbound_steps.register),
    Step("Delivering events: each kind, one twice, one unknown", inbound_steps.deliver),
    Step("Delivering an event that is too large for a topic", oversize_steps.oversize),
    # Other things go on while the gateway gives up and the claims run out.
    Step("An outage: three topics take nothing; the gateway gives up (`failed`)", outage_steps.begin),
    Step("Sending 250 notices of two organisations", outbound_steps.send),
    Step("The portal is down: 101 notices wait", portal_steps.fail),
    Step("Delivering two events, each sixteen times at once", storm_steps.storm),
    Step("The portal is back, and one of 100 notices breaks it", portal_steps.recover),
    Step("The outage ends: recovery publishes what was cut off; `failed --retry`", outage_steps.heal),
    Step("The notice that breaks the portal comes to its end", portal_steps.reject_poison),
    Step(
        "A person fixes one dead letter (`dead-letters --save`, `redrive`); `status`", redrive_steps.redrive
    ),
)

NOTHING_CHECKED = Check("checks were made", True, False)


def run(screen: Screen, port: int) -> int:
    """The whole demo; the exit status: 0 only if every check agrees. Raises SandboxError."""
    with only_one("demo"), stage("demo", screen.part, port, wait_scale=HURRY) as running:
        with screen.part("Subscribing a queue to every topic"):
            scene = Scene(running, Subscribers(running.stack))
        checks = [check for step in STEPS for check in perform(step, scene, screen)]
    show_tables(scene, screen.console)
    return report(checks, running, screen.console)


def perform(step: Step, scene: Scene, screen: Screen) -> list[Check]:
    with screen.part(step.title) as progress:
        return list(step.run(scene, progress))


def report(checks: Iterable[Check], running: Stage, console: Console) -> int:
    """Say what disagrees and where to look; the exit status."""
    checks = list(checks)
    wrong = [check for check in checks if not check.ok] or ([] if checks else [NOTHING_CHECKED])
    for check in wrong:
        console.print(f"[red]✗[/] {escape(str(check))}", soft_wrap=True)
    if wrong:
        console.print(
            f"{len(wrong)} of {len(checks)} checks disagree. Logs: {running.cloud.log}", soft_wrap=True
        )
        return 1
    console.print(
        f"[green]✓[/] all {len(checks)} checks agree with what the stand-ins and the subscribers saw"
    )
    return 0
