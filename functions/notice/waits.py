"""How long each record that stays in the queue is to wait."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from notice.cases import Case
from notice.deadline import Deadline
from notice.patience import lifetime, wait_seconds
from notice.together import together

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ENTRIES = 10
WORKERS = 4


class Waits:
    """The notice queue's visibility timeouts. Builds its client at the first record that stays."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._make_client = queue_url, client

    def set(self, staying: Sequence[Case], now: float, deadline: Deadline) -> int:
        """How many could not be set: those records come back after the queue's own timeout."""
        if not staying:
            return 0
        client = self._make_client()

        def change(part: Sequence[Case]) -> int:
            return self._change(client, part, now) if deadline.left() else len(part)

        parts = [staying[start : start + ENTRIES] for start in range(0, len(staying), ENTRIES)]
        answers = together(change, parts, workers=WORKERS, deadline=deadline)
        failures = (
            len(part) if failed is None else failed for part, failed in zip(parts, answers, strict=True)
        )
        return sum(failures)

    def _change(self, client: "SQSClient", part: Sequence[Case], now: float) -> int:
        try:
            answer = client.change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {
                        "Id": str(number),
                        "ReceiptHandle": case.record.receipt,
                        "VisibilityTimeout": wait_seconds(
                            case.record.receives, case.asked(), lifetime(case.record.sent_at, now)
                        ),
                    }
                    for number, case in enumerate(part)
                ],
            )
        except (ClientError, BotoCoreError):
            return len(part)
        return len(answer.get("Failed", []))
