"""Long lists as a person gets them: their beginning, and how many more there are; a program gets all."""

from collections.abc import Iterator, Sequence

MOST_LISTED = 20


def beginning(lines: Sequence[str], more: str = "more") -> Iterator[str]:
    """The first of these lines, and one about the others."""
    yield from lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        yield f"  … and {len(lines) - MOST_LISTED:,} {more}"
