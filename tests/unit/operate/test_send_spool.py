"""What was checked is kept outside of memory until it is sent."""

import errno
import io
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from operate.errors import NothingDoneError
from operate.send.entries import Entry
from operate.send.run import Sending, make_ready, put_on_queue
from operate.send.spool import Spool, keeping
from tests.support.outbound import message
from tests.support.queue_stub import URL, QueueStub

COUNT = 1000


class Row(dict[str, Any]):
    """A notice that can be watched."""


def test_one_notice_at_a_time_is_in_memory_while_they_are_checked() -> None:
    rows: list[weakref.ref[Row]] = []
    alive: list[int] = []

    def entries() -> Iterator[Entry]:
        for number in range(COUNT):
            row = Row(message(f"n-{number}"))
            rows.append(weakref.ref(row))
            yield Entry(number, f"o-{number % 7}", row)
            alive.append(sum(one() is not None for one in rows[-10:]))

    with keeping() as kept:
        sending = Sending(kept)
        make_ready(entries(), sending)

        assert (sending.good, len(alive)) == (COUNT, COUNT)
        assert max(alive) <= 2
        assert sum(one() is not None for one in rows) == 0


def test_notices_are_sent_while_they_are_read_back() -> None:
    class Read(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            Read.reads += 1
            return super().read(size)

    queue: Any = QueueStub()
    sending = Sending(Spool(Read()))
    make_ready((Entry(n, "o-1", message(f"n-{n}", body="x" * 2000)) for n in range(COUNT)), sending)
    reads = [Read.reads for _ in put_on_queue(sending, URL, queue)]

    assert queue.requests == len(reads) > 5
    # No further ahead than the record that did not fit any more, and the notice that did not fit into it.
    assert reads[0] <= 2 * 100 + 1
    assert reads[-1] == COUNT


@pytest.mark.parametrize("failing", ["write", "flush"])
def test_where_there_is_no_room_for_them_nothing_is_sent(failing: str) -> None:
    class Full(io.BytesIO):
        def _fail(self, *_: Any) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

    setattr(Full, failing, Full._fail)
    sending = Sending(Spool(Full()))

    with pytest.raises(NothingDoneError, match=r"No space left on device\. Nothing was sent\."):
        make_ready([Entry(1, "o-1", message("a"))], sending)
    assert not sending.checked
