"""The demo: relay real input both ways through the deployed bundle, and check every number."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.demo import inbound_steps, outbound_steps
from sandbox.demo.scene import Check, Checks, OrganisationRow, Scene
from sandbox.demo.stage import HURRY, Stage, stage
from sandbox.demo.subscribers import Subscribers
from sandbox.lifecycle import only_one, part

STEPS: dict[str, Callable[[Scene], Checks]] = {
    "Registering every eventTag (`register`), with handshakes; `status`": inbound_steps.register,
    "Delivering events: each kind, one twice, one unknown": inbound_steps.deliver,
    "Delivering an event that is too large for a topic": inbound_steps.oversize,
    "Reading an event anew that came in GBK, without its eventTag": inbound_steps.reread,
    # Other things go on while the gateway gives up and the claims run out.
    "An outage: three topics take nothing; the gateway gives up (`failed`)": inbound_steps.begin_outage,
    "Sending 250 notices of two organisations": outbound_steps.send,
    "The portal is down: 101 notices wait": outbound_steps.fail,
    "Delivering two events, each sixteen times at once": inbound_steps.storm,
    "The portal is back, and one of 100 notices breaks it": outbound_steps.recover,
    "The outage ends: recovery publishes what was cut off; `failed --retry`": inbound_steps.heal_outage,
    "The notice that breaks the portal comes to its end": outbound_steps.reject_poison,
    "A person fixes one dead letter (`dead-letters --save`, `redrive`); `status`": outbound_steps.redrive,
}
"""By title, in their order; each does something and yields the checks of what came of it."""


def run(console: Console, port: int) -> int:
    """The whole demo; the exit status: 0 only if every check agrees. Raises SandboxError."""
    with only_one("demo"), stage("demo", console, port, wait_scale=HURRY) as running:
        with part(console, "Subscribing a queue to every topic"):
            scene = Scene(running, Subscribers(running.stack))
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
    title, heads = "Inbound: gateway → callback → topic → subscriber", "topic received published repeated"
    rows = [(slug, came, went, came - went) for slug, came, went in [*counts, together]]
    console.print(_table(title, heads, rows, "topic"))
    title, heads = "Outbound: queue → notice → portal", "organisation notices calls sizes accepted rejected"
    console.print(_table(title, heads, map(_cells, scene.organisations), "organisation", "sizes"))
    reasons = [
        f"rejected {row.org_id} {message_id}: {reason}"
        for row in scene.organisations
        for message_id, reason in row.rejected.items()
    ]
    for line in (*reasons, *scene.remarks):
        console.print(line, markup=False, soft_wrap=True)


def _table(title: str, heads: str, rows: Iterable[Iterable[object]], *left: str) -> Table:
    table = Table(title=title, title_justify="left")
    for head in heads.split():
        table.add_column(head, justify="left" if head in left else "right")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _cells(row: OrganisationRow) -> tuple[object, ...]:
    sizes = " ".join(_runs(row.sizes))
    return row.org_id, row.notices, len(row.sizes), sizes, row.accepted, len(row.rejected)


def _runs(sizes: list[int]) -> Iterator[str]:
    """Each size, or how often it comes in a row."""
    for size, run in groupby(sizes):
        times = len(list(run))
        yield f"{times}×{size}" if times > 2 else " ".join([str(size)] * times)
