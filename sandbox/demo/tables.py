"""The tables at the end of the demo."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table

from sandbox.demo.steps import OrganisationRow, Scene, TopicRow


def show_tables(scene: Scene, console: Console) -> None:
    """Both tables, and under them why a notice was rejected, and what else there is to say."""
    console.print(_topics(scene.topics))
    console.print(_organisations(scene.organisations))
    for row in scene.organisations:
        for message_id, reason in row.rejected.items():
            console.print(f"rejected {row.org_id} {message_id}: {reason}", markup=False, soft_wrap=True)
    for remark in scene.remarks:
        console.print(remark, markup=False, soft_wrap=True)


def _topics(rows: list[TopicRow]) -> Table:
    table = Table(title="Inbound: gateway → callback → topic → subscriber", title_justify="left")
    table.add_column("topic")
    for name in ("received", "published", "repeated"):
        table.add_column(name, justify="right")
    for slug, received, published in rows:
        table.add_row(slug, str(received), str(published), str(received - published))
    received, published = sum(row.received for row in rows), sum(row.published for row in rows)
    table.add_section()
    table.add_row("together", str(received), str(published), str(received - published))
    return table


def _organisations(rows: list[OrganisationRow]) -> Table:
    table = Table(title="Outbound: queue → notice → portal", title_justify="left")
    for name in ("organisation", "notices", "calls", "their sizes", "accepted", "rejected"):
        table.add_column(name, justify="left" if name in ("organisation", "their sizes") else "right")
    for row in rows:
        sizes = " ".join(_runs(row.sizes))
        counts = str(row.notices), str(len(row.sizes)), sizes, str(row.accepted), str(len(row.rejected))
        table.add_row(row.org_id, *counts)
    return table


def _runs(sizes: list[int]) -> Iterator[str]:
    """Each size, or how often it comes in a row."""
    for size, run in groupby(sizes):
        times = len(list(run))
        yield f"{times}×{size}" if times > 2 else " ".join([str(size)] * times)
