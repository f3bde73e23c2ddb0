"""The lines of a file in UTF-8."""

from collections.abc import Iterable, Iterator

_MARK = b"\xef\xbb\xbf"


class NoNoticeError(Exception):
    """A line holds nothing that could be sent; `message_id` if it names one."""

    def __init__(self, reason: str, message_id: str = "") -> None:
        super().__init__(reason)
        self.message_id = message_id


def unmarked(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without the byte-order mark that may stand before the first."""
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix(_MARK)
