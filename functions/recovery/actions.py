"""Does what the recovery function is asked for: a sweep, a replay, or the status of the kept events."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from recovery.history import History
from recovery.pace import REREAD_STEP_SECONDS, STEP_SECONDS, Pace
from recovery.position import position_of
from recovery.replay import Replayed, Replayer
from recovery.reread import Rereader
from recovery.status import Survey
from recovery.sweep import Sweeper, Swept
from relay import catalog
from relay.api.recovery import Replay, StatusAnswer
from relay.events import Event
from relay.publisher import Publisher
from relay.settings import Clock

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger
    from mypy_boto3_sns import SNSClient


class LoggingPublisher(Publisher):
    """Logs a line for each event that is published, from several threads at once."""

    def __init__(self, client: "SNSClient", prefix: str, logger: "Logger") -> None:
        super().__init__(client, prefix)
        self._logger = logger

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        """Put the event on its topic. Raises UnavailableError: it may be there all the same."""
        super().publish(event, replayed=replayed)
        facts = {"event_id": event.id, "correlation_id": event.correlation_id, "topic": event.slug}
        self._logger.info("event published", extra={**facts, "replayed": replayed})


@dataclass(frozen=True, slots=True)
class RecoveryActions:
    """Performs requests. `remaining` is asked for the seconds that are left of an invocation."""

    history: History
    sweeper: Sweeper
    replayer: Replayer
    rereader: Rereader
    survey: Survey
    clock: Clock
    timer: Clock

    def sweep(self, remaining: Callable[[], float]) -> Swept:
        """Publish what was kept and not published. Raises UnavailableError."""
        return self.sweeper.sweep(self.history.pending(), Pace(remaining, clock=self.timer))

    def replay(self, request: Replay, remaining: Callable[[], float]) -> Replayed:
        """Publish kept events once more, read anew or as they are, or only count them.

        Raises InvalidRequestError.
        """
        rate = None if request.dry_run else request.events_per_second
        reread, step_seconds = None, STEP_SECONDS
        if request.reading:
            reread = partial(self.rereader.reread, kind=catalog.kind_of(request.reading))
            step_seconds = REREAD_STEP_SECONDS
        pace = Pace(remaining, rate, step_seconds=step_seconds, clock=self.timer)
        if request.ids:
            return self.replayer.replay_ids(request.ids, pace, dry_run=request.dry_run, reread=reread)
        position = position_of(request, self.clock)
        if request.dry_run:
            return self.replayer.count(position, pace)
        return self.replayer.replay(position, request.limit, pace, reread)

    def status(self, remaining: Callable[[], float]) -> StatusAnswer:
        """Returns when each topic last got an event, and what waits to be published."""
        return self.survey.take(remaining())
