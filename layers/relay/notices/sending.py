"""An application's side: notices checked and put on the relay's queue, many in one SQS message."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relay.notices.model import InvalidNotice, Notice
from relay.notices.text import Text
from relay.sqs import in_requests, takes

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RECORD_LIMIT = 100
# Under the limit of a request: a dead letter of a whole record needs room for its reason beside it.
RECORD_BYTES = 258_048


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
    found: list[NotSent] = []
    names: dict[str, Text] = {}
    for position, given in enumerate(notices):
        try:
            notice = Notice.read(given)
            notice.wire()
        except InvalidNotice as error:
            found.append(NotSent(position, str(error)))
            continue
        if notice.app_name and not notice.app_id:
            name = notice.app_name.default_value or notice.app_name.i18n_value["en_US"]
            if names.setdefault(name, notice.app_name) != notice.app_name:
                found.append(NotSent(position, "appName: differs from an earlier notice's of the same app"))
    return found


def enqueue(org_id: str, notices: Sequence[object], *, queue_url: str, sqs: "SQSClient") -> list[NotSent]:
    """Put notices of one organisation on the queue; those that are not there afterwards, by position.

    Each is checked first, so that a mistake is seen here and not in the dead-letter queue. To send one again
    that may be there already is safe. Raises botocore's errors when SQS fails as a whole: what was sent by
    then is on the queue.
    """
    not_sent = {one.position: one for one in check(notices)}
    written = {n: _written(given) for n, given in enumerate(notices) if n not in not_sent}
    room = RECORD_BYTES - len(_record(org_id, []).encode())
    for position, text in written.items():
        if len(text.encode()) > room:
            not_sent[position] = NotSent(position, f"larger than {room} bytes of JSON")
    good = [(position, text) for position, text in written.items() if position not in not_sent]
    for request in in_requests(_packed(org_id, good, room), lambda one: one.size):
        for one, code in _send(request, queue_url, sqs):
            not_sent |= {position: NotSent(position, f"SQS: {code}") for position in one.positions}
    return [not_sent[position] for position in sorted(not_sent)]


def _send(request: list[Packed], queue_url: str, sqs: "SQSClient") -> Iterator[tuple[Packed, str]]:
    """What SQS did not take, with its code."""
    entries: list[Any] = [{"Id": str(n), "MessageBody": one.body} for n, one in enumerate(request)]
    answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
    for failed in answer.get("Failed", []):
        yield request[int(failed["Id"])], failed["Code"]


def _written(given: object) -> str:
    """JSON as short as SQS takes it: a few characters can only be sent escaped."""
    text = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
    return text if takes(text) else json.dumps(given, separators=(",", ":"))


def _record(org_id: str, texts: Iterable[str]) -> str:
    return f'{{"orgId":{json.dumps(org_id)},"messages":[{",".join(texts)}]}}'


def _packed(org_id: str, written: Sequence[tuple[int, str]], room: int) -> Iterator[Packed]:
    start = size = 0
    for end, (_, text) in enumerate([*written, (-1, "")]):
        more = len(text.encode()) + 1
        full = end - start == RECORD_LIMIT or size + more > room + 1
        if end > start and (full or end == len(written)):
            positions, texts = zip(*written[start:end], strict=True)
            body = _record(org_id, texts)
            yield Packed(body, positions, len(body.encode()))
            start, size = end, 0
        size += more
