"""What became of each eventTag's registration, as a person reads it."""

from collections import Counter

from rich.table import Table
from rich.text import Text

from operate.output import many, page, plain
from relay.api.gateway import Change, ChangeAnswer, ChangedTag

_SHOWN: dict[str, str] = {
    Change.NOT_REGISTERED: "not registered",
    Change.TAKEN: "left alone",
    Change.LEFT: "not come to",
}
_STYLES: dict[str, str] = {Change.FAILED: "red", Change.TAKEN: "yellow", Change.LEFT: "yellow"}


def show(answer: ChangeAnswer) -> None:
    """Show how many of each change there are, then each tag, with the gateway's words where it has some."""
    out, tags = page(), answer.tags
    counts = Counter(_shown(tag.change) for tag in tags)
    ends = ", ".join(f"{count:,} {change}" for change, count in counts.most_common())
    out.print(Text(f"{many(len(tags), 'registration')}: {ends}" if tags else "no registrations"))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for tag in tags:
        change = Text(_shown(tag.change), _STYLES.get(tag.change, ""))
        table.add_row(Text(f"  {plain(tag.slug)}"), change, Text(_details(tag)))
    out.print(table)


def _shown(change: str) -> str:
    return _SHOWN.get(change, plain(change))


def _details(tag: ChangedTag) -> str:
    if tag.change == Change.TAKEN:
        return f"leads to {plain(tag.callback_url)}; --take-over if it is to be changed"
    if tag.error:
        return plain(tag.error)
    return f"was {plain(tag.was)}" if tag.was else ""
