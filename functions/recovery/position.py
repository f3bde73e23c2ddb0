"""Where a replay is, and the cursor that leads back to it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from hashlib import sha256

from recovery.history import History, Page
from relay import catalog
from relay.api.base import InvalidRequestError
from relay.api.recovery import Replay
from relay.events import timestamp
from relay.settings import Clock


@dataclass(frozen=True, slots=True)
class Position:
    """The topics that are still to be replayed, the first of them from `within` on; none at the end."""

    slugs: tuple[str, ...]
    since: str
    until: str
    selection: str
    within: str | None = None

    def page(self, history: History, limit: int) -> Page:
        """Returns the next events from here on, at most `limit`. Raises UnavailableError."""
        return history.page(self.slugs[0], self.since, self.until, self.within, limit)

    def after(self, page: Page) -> "Position":
        """Returns where a replay is when it is done with the page."""
        slugs = self.slugs if page.cursor else self.slugs[1:]
        return replace(self, slugs=slugs, within=page.cursor)

    @property
    def cursor(self) -> str | None:
        """The text that leads back here; None at the end."""
        if not self.slugs:
            return None
        parts = [self.selection, self.until, self.slugs[0], self.within]
        return urlsafe_b64encode(json.dumps(parts).encode()).decode()


def position_of(request: Replay, clock: Clock) -> Position:
    """Returns where a replay begins, or goes on by its cursor. Raises InvalidRequestError.

    A cursor holds the end of the time as it was at first, so that a replay until now comes to an end.
    """
    slugs = tuple(slug for slug in catalog.SLUGS if slug in (request.slugs or catalog.SLUGS))
    since = timestamp(request.since.timestamp()) if request.since else ""
    until = timestamp(request.until.timestamp() if request.until else clock())
    asked = json.dumps([slugs, since, until if request.until else None, *filter(None, [request.reading])])
    start = Position(slugs, since, until, sha256(asked.encode()).hexdigest()[:16])
    return _resumed(start, request.cursor) if request.cursor else start


def _resumed(start: Position, cursor: str) -> Position:
    try:
        selection, until, slug, within = json.loads(urlsafe_b64decode(cursor))
    except (ValueError, TypeError):
        raise InvalidRequestError("cursor: is none that a replay answered") from None
    if selection != start.selection or slug not in start.slugs:
        raise InvalidRequestError("cursor: belongs to a replay of other eventTags, from, to or as")
    left = start.slugs[start.slugs.index(slug) :]
    return replace(start, slugs=left, until=until, within=within)
