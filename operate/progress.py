"""What a person sees while a command works: a bar on a terminal's error output, nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn

ShowDone = Callable[[int], None]


@contextmanager
def bar(title: str, total: int | None = None, console: Console | None = None) -> Iterator[ShowDone]:
    """Show how many of `total` are done; call what it yields with each number."""
    out = console or Console(stderr=True)
    spinner = SpinnerColumn("line" if out.options.ascii_only else "dots")
    columns = (spinner, *Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        task = progress.add_task(title, total=total)

        def show_done(done: int) -> None:
            # More may have come since they were counted.
            progress.update(task, completed=done, total=total and max(total, done))

        yield show_done
        if total is None:
            progress.update(task, total=progress.tasks[0].completed)
