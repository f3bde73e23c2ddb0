"""What the person sees: a live line for each part on a terminal, plain lines where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from sandbox.demo.steps import Progress as Tell


class Screen:
    """Announces what is being done, and when it is done how long it took."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def part(self, title: str) -> Iterator[Tell]:
        """Show `title` as being done for as long as the block lasts; what it yields shows how far it is."""
        begun = time.monotonic()
        if self.console.is_terminal:
            with self._live(title) as tell:
                yield tell
        else:
            self.console.print(f"… {title}", soft_wrap=True)
            yield lambda done, total: None
        self.console.print(f"[green]✓[/] {title} [dim]({time.monotonic() - begun:.1f} s)[/]", soft_wrap=True)

    @contextmanager
    def _live(self, title: str) -> Iterator[Tell]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)
