"""An application's side: notices checked and put on the relay's queue, many in one SQS message."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from relay.json_text import Json
from relay.notices.model import InvalidNoticeError, Notice
from relay.notices.record import NOT_AFTER, RECORD_LIMIT, read_not_after, read_org_id
from relay.notices.text import Text
from relay.sqs import call, escaped, in_requests

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Under the limit of a request: a dead letter of a whole record needs room for its reason beside it.
RECORD_BYTES = 258_048
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


def check(notices: Sequence[object]) -> list[NotSent]:
    """What the relay would reject, and what only shows across notices: one external app under two names.

    The portal tells external apps apart by their whole appName, so the same name with other translations
    makes another app of it. The relay lets that pass, for it cannot know which of the two is meant.
    """
    return _checked(notices)[1]


def _checked(notices: Sequence[object]) -> tuple[dict[int, str], list[NotSent]]:
    """Each good notice's JSON by its position, and what is wrong with the others."""
    good: dict[int, str] = {}
    found: list[NotSent] = []
    names: dict[str, Text] = {}
    for position, given in enumerate(notices):
        try:
            notice = Notice.read(given.value if isinstance(given, Json) else given)
            notice.wire()
            good[position] = _written(given)
        except InvalidNoticeError as error:
            found.append(NotSent(position, str(error)))
            continue
        if notice.app_name and not notice.app_id:
            name = notice.app_name.default_value or notice.app_name.i18n_value["en_US"]
            if names.setdefault(name, notice.app_name) != notice.app_name:
                found.append(NotSent(position, "appName: differs from an earlier notice's of the same app"))
                del good[position]
    return good, found


def enqueue(
    org_id: str,
    notices: Sequence[object],
    *,
    queue_url: str,
    sqs: "SQSClient",
    not_after: str | None = None,
) -> list[NotSent]:
    """Put notices of one organisation on the queue; those that are not there afterwards, by position.

    Each is checked first, so that a mistake is seen here and not in the dead-letter queue. To send one again
    that may be there already is safe. A `json_text.Json` keeps the text it was written in. Raises
    `record.InvalidRecordError` about an `org_id` that is no printable string, or a `not_after` that is no
    time with its zone (RFC 3339), before anything is sent, and botocore's errors when SQS fails as a whole:
    what was sent by then is on the queue.
    """
    packed, not_sent = pack(org_id, notices, not_after)
    for taken in send(packed, queue_url=queue_url, sqs=sqs):
        for one, code in taken:
            not_sent += [NotSent(position, f"SQS: {code}") for position in one.positions if code]
    return sorted(not_sent, key=lambda one: one.position)


def pack(
    org_id: str, notices: Sequence[object], not_after: str | None = None
) -> tuple[list[Packed], list[NotSent]]:
    """The SQS messages for one organisation's good notices, and what is wrong with the others.

    Raises InvalidRecordError about an `org_id`, or a `not_after`, that would cost all of them their record.
    """
    read_org_id(org_id)
    if not_after is not None:
        read_not_after(not_after)
    good, not_sent = _checked(notices)
    room = RECORD_BYTES - len(_record(org_id, [], not_after).encode())
    for position, text in list(good.items()):
        if len(text.encode()) > room:
            not_sent.append(NotSent(position, f"larger than {room:,} bytes of JSON: {_SHORTEN}"))
            del good[position]
    not_sent.sort(key=lambda one: one.position)
    return list(_packed(org_id, list(good.items()), room, not_after)), not_sent


def send(packed: Iterable[Packed], *, queue_url: str, sqs: "SQSClient") -> Iterator[list[tuple[Packed, str]]]:
    """Send messages, maybe of several organisations; after each request yields its messages with their codes.

    A code is SQS's reason not to take the message, else "". Raises botocore's errors.
    """
    put = partial(sqs.send_message_batch, QueueUrl=queue_url)
    for request in in_requests(packed, lambda one: one.size):
        codes = call(put, [{"MessageBody": one.body} for one in request])
        yield [(one, codes.get(position, "")) for position, one in enumerate(request)]


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


def _record(org_id: str, texts: Iterable[str], not_after: str | None) -> str:
    limit = f',"{NOT_AFTER}":{json.dumps(not_after)}' if not_after else ""
    return f'{{"orgId":{json.dumps(org_id)},"messages":[{",".join(texts)}]{limit}}}'


def _packed(
    org_id: str, written: Sequence[tuple[int, str]], room: int, not_after: str | None
) -> Iterator[Packed]:
    start = size = 0
    for end, (_, text) in enumerate([*written, (-1, "")]):
        more = len(text.encode()) + 1
        full = end - start == RECORD_LIMIT or size + more > room + 1
        if end > start and (full or end == len(written)):
            positions, texts = zip(*written[start:end], strict=True)
            body = _record(org_id, texts, not_after)
            yield Packed(body, positions, len(body.encode()))
            start, size = end, 0
        size += more
