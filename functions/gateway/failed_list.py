"""Works off the gateway's list of the callbacks that it gave up on, within a limit and the time."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from gateway.client import GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.rows import Row
from relay.settings import Clock

# The vendor names no limit. At this rate the most that one invocation takes (1,000) fit its time, and the
# callback, which every retry calls, sees far less than it bears.
GAP_SECONDS = 0.2


class StopCode(Enum):
    """Why no further call was made."""

    NO_TIME = "no time"
    NOT_ALLOWED = "not allowed"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Stop:
    """The reason for an early end, and what to say of it."""

    code: StopCode
    text: str


@dataclass(frozen=True, slots=True)
class WorkedOff:
    """What became of some failed callbacks; one that is neither done nor refused is left for next time."""

    done: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    stopped: Stop | None = None


class CallGap:
    """Lets a call begin GAP_SECONDS after the one before, if there is time for it.

    The wait keeps the gateway from a flood; nothing is tried again after it.
    """

    def __init__(
        self,
        time_for_a_call: Callable[[], bool],
        *,
        clock: Clock = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._time_for_a_call, self._clock, self._wait = time_for_a_call, clock, wait
        self._due = clock()

    def allows_a_call(self) -> bool:
        """Returns whether the next call may begin, when it is due."""
        early = self._due - self._clock()
        if early > 0:
            self._wait(early)
        self._due = self._clock() + GAP_SECONDS
        return self._time_for_a_call()


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
    done, refused, stopped = list[str](), dict[str, str](), None
    for failed_id in ids:
        if not time_for_a_call():
            stopped = Stop(StopCode.NO_TIME, "no time was left")
            break
        try:
            call(failed_id)
            done.append(failed_id)
        except GatewayRefusedError as error:
            refused[failed_id] = str(error)
        except GatewayNotAllowedError as error:
            stopped = Stop(StopCode.NOT_ALLOWED, str(error))
            break
        except GatewayUnavailableError as error:
            stopped = Stop(StopCode.UNAVAILABLE, str(error))
            break
    return WorkedOff(tuple(done), refused, stopped)
