"""The demo: relay real input both ways through the deployed bundle, and check every number."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.demo import body_steps, inbound_steps, outbound_steps, outcome_steps
from sandbox.demo.scene import Check, Checks, OrganisationRow, Scene
from sandbox.demo.stage import HURRY, Stage, stage
from sandbox.demo.subscribers import Subscribers
from sandbox.lifecycle import only_one, part

STEPS: dict[str, Callable[[Scene], Checks]] = {
    "Registering every eventTag (`register`), with handshakes; `status`": inbound_steps.register,
    "Delivering events: one of each eventTag, one of them twice, one unknown": inbound_steps.deliver,
    "Delivering an event that is too large for a topic": body_steps.oversize,
    "Reading an event anew that came in GBK without its eventTag (`replay --as`)": body_steps.reread,
    "Delivering unusual bodies: repeated names, gzip, GBK, a damaged character": body_steps.rough,
    "Rotating the token under a stream of deliveries (`rotate-token`)": inbound_steps.rotate,
    # Other things go on while the gateway gives up and the claims run out.
    "An outage: three topics take nothing; the gateway gives up (`failed`)": inbound_steps.begin_outage,
    "Sending 250 notices of two organisations": outbound_steps.send,
    "Sending 300 notices to a portal that takes 50 at once": outbound_steps.send_many,
    "The portal is down: 101 notices wait": outbound_steps.fail,
    "Delivering two events, each sixteen times at the same moment": inbound_steps.storm,
    "The portal is back; then one of 100 notices makes it fail": outbound_steps.recover,
    "The outage ends: recovery publishes what was cut off; `failed --retry`": inbound_steps.heal_outage,
    # As does this while the portal fails on that notice.
    "A notice comes too late (`send --not-after`, `redrive --anyway`)": outcome_steps.reject_late,
    "Waiting until the notice that breaks the portal is rejected": outbound_steps.reject_poison,
    "The application loses its right to the portal's API, and gets it back": outbound_steps.misconfigure,
    "A person fixes one dead letter (`dead-letters --save`, `redrive`); `status`": outbound_steps.redrive,
    "Comparing what senders were told: accepted, rejected and why": outcome_steps.tell,
}
"""By title, in their order; each does something and yields the checks of what came of it."""
_SIZES = "notices in each call"
_TOPIC_HEADS = ("topic", "received", "published", "repeated")
_ORGANISATION_HEADS = ("organisation", "notices", "calls", _SIZES, "accepted", "rejected")
# What shows a search for a poison notice; the rest repeats itself.
MOST_RUNS = 12


def run(console: Console, port: int) -> int:
    """The whole demo; the exit status: 0 only if every check agrees. Raises SandboxError."""
    with only_one("demo"), stage("demo", console, port, wait_scale=HURRY) as running:
        with part(console, "Subscribing a queue to every topic"):
            outcomes = running.stack.outputs["NoticeOutcomeTopicArn"]
            scene = Scene(running, Subscribers(running.stack, outcomes=outcomes))
        checks: list[Check] = []
        for title, step in STEPS.items():
            with part(console, title):
                checks += step(scene)
    show_tables(scene, console)
    return report(checks, running, console)


def report(checks: list[Check], running: Stage, console: Console) -> int:
    """Say what disagrees and where to look; the exit status."""
    wrong = [check for check in checks if not check.ok] or ([] if checks else [Check("checks", True, False)])
    for check in wrong:
        console.print(f"[red]✗[/] {escape(str(check))}", soft_wrap=True)
    if wrong:
        text = f"{len(wrong)} of {len(checks)} checks disagree. Logs: {running.cloud.log}"
    else:
        text = f"[green]✓[/] all {len(checks)} checks agree with what the stand-ins and the subscribers saw"
    console.print(text, soft_wrap=True)
    return 1 if wrong else 0


def show_tables(scene: Scene, console: Console) -> None:
    """Both tables, and under them why a notice was rejected, and what else there is to say."""
    counts = [(slug, times, scene.published[slug]) for slug, times in scene.received.items()]
    together = "together", scene.received.total(), scene.published.total()
    rows = [(slug, came, went, came - went) for slug, came, went in [*counts, together]]
    title = "Inbound: gateway → callback → topic → subscriber"
    console.print(_table(title, _TOPIC_HEADS, rows, "topic"))
    rows_of, title = (
        map(_cells, scene.organisations),
        "Outbound: queue → notice → portal (before any redrive)",
    )
    console.print(_table(title, _ORGANISATION_HEADS, rows_of, "organisation", _SIZES))
    reasons = [
        f"rejected: {message_id} of {row.org_id}: {reason}"
        for row in scene.organisations
        for message_id, reason in row.rejected.items()
    ]
    for line in (*reasons, *scene.remarks):
        console.print(line, markup=False, soft_wrap=True)


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]], *left: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads:
        table.add_column(head, justify="left" if head in left else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _cells(row: OrganisationRow) -> tuple[object, ...]:
    runs = list(_runs(row.sizes))
    sizes = ", ".join(runs[:MOST_RUNS]) + (" …" if len(runs) > MOST_RUNS else "")
    return row.org_id, row.notices, len(row.sizes), sizes, row.accepted, len(row.rejected)


def _runs(sizes: list[int]) -> Iterator[str]:
    """Returns each size, and how many calls in a row had it."""
    for size, run in groupby(sizes):
        times = len(list(run))
        yield f"{size} ({times} calls)" if times > 1 else str(size)
