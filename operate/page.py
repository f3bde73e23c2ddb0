"""How a command writes to a person: within 100 columns, and plain where there is no terminal."""

from datetime import datetime

from rich.console import Console

WIDTH = 100


def page() -> Console:
    """The standard output; colours are up to the terminal and to NO_COLOR."""
    out = Console(highlight=False)
    out.width = min(out.width, WIDTH) if out.is_terminal else WIDTH
    return out


def plain(text: str) -> str:
    """What somebody else wrote, on one line and without what would command a terminal."""
    line = " ".join(text.split())
    return "".join(one if one.isprintable() else "\ufffd" for one in line)


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def moment(at: datetime) -> str:
    """This machine's time."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def span(seconds: float) -> str:
    """A length of time, as coarse as it is told: 40 s, 12 min, 5 h, 3 days."""
    for size, unit, most in ((1, "s", 120), (60, "min", 7200), (3600, "h", 172_800)):
        if seconds < most:
            return f"{max(0, int(seconds // size))} {unit}"
    return f"{int(seconds // 86_400)} days"
