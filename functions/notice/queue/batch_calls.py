"""Many entries to SQS in batch requests, several at once, within a deadline."""

from collections.abc import Callable, Mapping, Sequence

from notice.deadline import NO_TIME, Deadline, run_parallel
from relay import sqs
from relay.aws import UnavailableError, aws_errors

WORKERS = 4

type Entry = Mapping[str, object]


def call_in_batches(
    operation: Callable[..., object],
    entries: Sequence[Entry],
    requests: Sequence[Sequence[int]],
    deadline: Deadline,
) -> dict[int, str]:
    """Returns AWS's codes for the entries not known to be taken, by position.

    `requests` says which entries, by position, go into one request each. `operation` is as for `sqs.call`.
    """

    def request(positions: Sequence[int]) -> dict[int, str]:
        if not deadline.left():
            return dict.fromkeys(positions, NO_TIME)
        try:
            with aws_errors():
                failed = sqs.call(operation, [entries[position] for position in positions])
        except UnavailableError as error:
            return dict.fromkeys(positions, error.code)
        return {positions[number]: code for number, code in failed.items()}

    codes: dict[int, str] = {}
    answers = run_parallel(request, requests, workers=WORKERS, deadline=deadline)
    for positions, failed in zip(requests, answers, strict=True):
        codes |= dict.fromkeys(positions, NO_TIME) if failed is None else failed
    return codes
