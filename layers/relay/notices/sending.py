"""An application's side: notices checked and put on the relay's queue, many in one SQS message."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from relay.json_text import Json
from relay.notices.model import InvalidNoticeError, Notice
from relay.notices.record import RECORD_LIMIT, read_not_after, read_org_id, write_record
from relay.notices.targets import check_users, parted
from relay.notices.text import Text
from relay.sqs import MESSAGE_BYTES, call, escaped, in_requests

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Below what SQS took until 2025, and below a request of ours: a dead letter of a whole record needs room for
# its reason beside it.
_REASON_BYTES = 4096
RECORD_BYTES = 262_144 - _REASON_BYTES
LARGEST_RECORD_BYTES = MESSAGE_BYTES[-1] - _REASON_BYTES
"""Of a record with one notice alone that is larger than RECORD_BYTES."""
_TOO_LONG = ("BatchRequestTooLong", "InvalidParameterValue")
_SHORTEN = "shorten it, or put the rest behind its url"


@dataclass(frozen=True, slots=True)
class NotSent:
    """A notice that is not on the queue: its position among those given, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Packed:
    """One SQS message and the positions of its notices."""

    body: str
    positions: tuple[int, ...]
    size: int


class Checker:
    """The rules for notices of one organisation, one notice after the other.

    Beside what the relay would reject they name what only a sender can mend: a target that can be no user,
    and one external app under two names. The portal tells external apps apart by their whole appName, so the
    same name with other translations makes another app of it. The relay lets both pass, for it cannot know
    what is meant.
    """

    def __init__(self, org_id: str = "") -> None:
        self._org_id = org_id
        self._names: dict[str, Text] = {}

    def texts(self, given: object, not_after: str | None = None) -> list[str]:
        """Returns a notice's JSON as SQS takes it beside `not_after`. Raises InvalidNoticeError.

        What has more targets than a record has room for is several: the same notice, each for some of them.
        """
        notice = Notice.read(given.value if isinstance(given, Json) else given)
        notice.wire()
        text = _written(given)
        check_users(notice.targets or ())
        if notice.app_name and not notice.app_id:
            name = notice.app_name.default_value or notice.app_name.i18n_value["en_US"]
            if self._names.setdefault(name, notice.app_name) != notice.app_name:
                raise InvalidNoticeError("appName: differs from an earlier notice's of the same app")
        around = len(write_record(self._org_id, [], not_after).encode())
        return _fitting(text, around, has_targets=notice.target_type != 0)


def _fitting(text: str, around: int, *, has_targets: bool) -> list[str]:
    usual, largest = rooms = RECORD_BYTES - around, LARGEST_RECORD_BYTES - around
    size = len(text.encode())
    if size <= usual:
        return [text]
    if has_targets and (parts := parted(text, rooms)):
        return parts
    if size <= largest:
        return [text]
    raise InvalidNoticeError(f"larger than {largest:,} bytes of JSON: {_SHORTEN}")


def check(notices: Sequence[object]) -> list[NotSent]:
    """What is wrong with notices of one organisation, by the rules of `Checker`."""
    return _checked(notices)[1]


def _checked(
    notices: Sequence[object], org_id: str = "", not_after: str | None = None
) -> tuple[list[tuple[int, str]], list[NotSent]]:
    """The texts of each good notice beside its position, and what is wrong with the others."""
    checker = Checker(org_id)
    good: list[tuple[int, str]] = []
    wrong: list[NotSent] = []
    for position, given in enumerate(notices):
        try:
            good += [(position, text) for text in checker.texts(given, not_after)]
        except InvalidNoticeError as error:
            wrong.append(NotSent(position, str(error)))
    return good, wrong


def enqueue(
    org_id: str,
    notices: Sequence[object],
    *,
    queue_url: str,
    sqs: "SQSClient",
    not_after: str | None = None,
) -> list[NotSent]:
    """Put notices of one organisation on the queue; those that are not there afterwards, by position.

    Each is checked first, so that a mistake is seen here and not in the dead-letter queue. One with more
    targets than a record has room for is there once all of its parts are. To send one again
    that may be there already is safe. A `json_text.Json` keeps the text it was written in. Raises
    `record.InvalidRecordError` about an `org_id` that is no printable string, or a `not_after` that is no
    time with its zone (RFC 3339), before anything is sent, and botocore's errors when SQS fails as a whole:
    what was sent by then is on the queue.
    """
    messages, wrong = pack(org_id, notices, not_after)
    not_sent = {one.position: one for one in wrong}
    for taken in send(messages, queue_url=queue_url, sqs=sqs):
        for one, code in taken:
            not_sent |= {at: NotSent(at, f"SQS: {code}") for at in one.positions if code}
    return [not_sent[position] for position in sorted(not_sent)]


def pack(
    org_id: str, notices: Sequence[object], not_after: str | None = None
) -> tuple[list[Packed], list[NotSent]]:
    """The SQS messages for one organisation's good notices, and what is wrong with the others.

    Raises InvalidRecordError about an `org_id`, or a `not_after`, that would cost all of them their record.
    """
    read_org_id(org_id)
    if not_after is not None:
        read_not_after(not_after)
    good, wrong = _checked(notices, org_id, not_after)
    return list(packed(org_id, good, not_after)), wrong


def packed(org_id: str, texts: Iterable[tuple[int, str]], not_after: str | None = None) -> Iterator[Packed]:
    """Yields the SQS messages for texts that a `Checker` returned, each beside its notice's position."""
    room = RECORD_BYTES - len(write_record(org_id, [], not_after).encode())
    some: list[tuple[int, str]] = []
    size = -1
    for position, text in texts:
        more = len(text.encode()) + 1
        if some and (len(some) == RECORD_LIMIT or size + more > room):
            yield _packed(org_id, some, not_after)
            some, size = [], -1
        some.append((position, text))
        size += more
    if some:
        yield _packed(org_id, some, not_after)


def send(packed: Iterable[Packed], *, queue_url: str, sqs: "SQSClient") -> Iterator[list[tuple[Packed, str]]]:
    """Send messages, maybe of several organisations; after each request yields its messages with their codes.

    A code is SQS's reason not to take the message, else "". Raises botocore's errors.
    """
    put = partial(sqs.send_message_batch, QueueUrl=queue_url)
    for request in in_requests(packed, lambda one: one.size):
        codes = _codes(put, request)
        yield [(one, codes.get(position, "")) for position, one in enumerate(request)]


def _codes(put: Callable[..., object], request: Sequence[Packed]) -> dict[int, str]:
    try:
        return call(put, [{"MessageBody": one.body} for one in request])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # The fault of a notice that is larger than its queue allows: it is alone in its request.
        if request[0].size <= RECORD_BYTES or not code.endswith(_TOO_LONG):
            raise
        return {0: code}


def _written(given: object) -> str:
    """JSON as SQS takes it: a few characters can only be sent escaped. Raises InvalidNoticeError."""
    try:
        text = given.text if isinstance(given, Json) else _compact(given)
    except (TypeError, ValueError):
        # Among them a number that no JSON reader takes: the relay would reject its whole record.
        raise InvalidNoticeError("it cannot be written as JSON") from None
    return escaped(text)


def _compact(given: object) -> str:
    return json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _packed(org_id: str, some: Iterable[tuple[int, str]], not_after: str | None) -> Packed:
    positions, texts = zip(*some, strict=True)
    body = write_record(org_id, texts, not_after)
    return Packed(body, positions, len(body.encode()))
