"""The gateway's failed list: callbacks that it gave up on, delivered again within a limit and the time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from gateway.answers import GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.rows import Row


@dataclass(slots=True)
class Progress:
    """What became of some failed callbacks; one that is neither done nor refused is left for next time."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    stopped: str = ""


def ids(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.id for row in rows if row.id is not None))


def choose(ids: list[str], limit: int, random: Random) -> list[str]:
    """At most `limit` of them. When there are more, any: those that never succeed must not block the rest."""
    return ids if len(ids) <= limit else random.sample(ids, limit)


def each(ids: Iterable[str], call: Callable[[str], None], time_for_a_call: Callable[[], bool]) -> Progress:
    """Makes the call for one id after the other, until one fails in a way that all would."""
    progress = Progress()
    for failed_id in ids:
        if not time_for_a_call():
            progress.stopped = "no time was left"
            break
        try:
            call(failed_id)
            progress.done.append(failed_id)
        except GatewayRefusedError as error:
            progress.refused[failed_id] = str(error)
        except (GatewayNotAllowedError, GatewayUnavailableError) as error:
            progress.stopped = str(error)
            break
    return progress
