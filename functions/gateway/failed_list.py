"""Works off the gateway's list of the callbacks that it gave up on, within a limit and the time."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

from gateway.client import GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.rows import Row
from relay.settings import Clock

# The vendor names no limit. At this rate the most that one invocation takes (1,000) fit its time, and the
# callback, which every retry calls, sees far less than it bears.
GAP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """What became of some failed callbacks; one that is neither done nor refused is left for next time.

    `stopped` says why no further call was made, empty for no reason.
    """

    done: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""


def spaced(
    time_for_a_call: Callable[[], bool],
    *,
    clock: Clock = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Callable[[], bool]:
    """Returns `time_for_a_call` so that it waits until GAP_SECONDS after it was last asked.

    The wait keeps the gateway from a flood; nothing is tried again after it.
    """
    due = clock()

    def time_for_the_next() -> bool:
        nonlocal due
        wait(max(0.0, due - clock()))
        due = clock() + GAP_SECONDS
        return time_for_a_call()

    return time_for_the_next


def ids(rows: Iterable[Row]) -> list[str]:
    """Returns the ids that the rows have, each once."""
    return list(dict.fromkeys(row.id for row in rows if row.id is not None))


def choose(ids: list[str], limit: int, random: Random) -> list[str]:
    """Returns at most `limit` of them: any, when there are more, so that none blocks the others for ever."""
    return ids if len(ids) <= limit else random.sample(ids, limit)


def work_off(
    ids: Iterable[str], call: Callable[[str], None], time_for_a_call: Callable[[], bool]
) -> WorkedOff:
    """Make the call for one id after the other, until one fails in a way that all would."""
    done, refused, stopped = list[str](), dict[str, str](), ""
    for failed_id in ids:
        if not time_for_a_call():
            stopped = "no time was left"
            break
        try:
            call(failed_id)
            done.append(failed_id)
        except GatewayRefusedError as error:
            refused[failed_id] = str(error)
        except (GatewayNotAllowedError, GatewayUnavailableError) as error:
            stopped = str(error)
            break
    return WorkedOff(tuple(done), refused, stopped)
