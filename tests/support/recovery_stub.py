"""The recovery function as a Lambda client shows it, over events in memory."""

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from relay import catalog
from relay.api.base import InvalidRequestError
from relay.api.recovery import MOST_REFUSED, Replay, ReplayAnswer, ReplayCounts, read_request


@dataclass
class RecoveryStub:
    """Takes what the real function takes. `events` are slug and id, in the order of a replay.

    `before` maps the number of a call to what happens in place of it: a payload of a function's error, the
    reason for which the function stops at once, or something that the call raises. `anew` is what becomes of
    an event when it is read anew, by its id, if it is not published: a count of the answer. SNS takes none of
    those that are `refused`.
    """

    events: list[tuple[str, str]]
    before: dict[int, dict[str, str] | str | BaseException] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    anew: dict[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "the-recovery"
        self.requests.append(json.loads(Payload))
        fate = self.before.get(len(self.requests))
        if isinstance(fate, BaseException):
            raise fate
        if isinstance(fate, dict):
            return _answered(fate, FunctionError="Unhandled")
        try:
            request = read_request(self.requests[-1])
        except InvalidRequestError as error:
            told = {"errorType": "InvalidRequest", "errorMessage": str(error)}
            return _answered(told, FunctionError="Unhandled")
        assert isinstance(request, Replay)
        return _answered(self._by_ids(request, fate) if request.ids else self._by_time(request, fate))

    def _by_time(self, request: Replay, stopped: str | None) -> dict[str, Any]:
        start = int(request.cursor or 0)
        end = start if stopped else len(self.events) if request.dry_run else start + request.limit
        chosen = [one for one in self.events[start:end] if one[0] in (request.slugs or [one[0]])]
        cursor = str(end) if end < len(self.events) else None
        return self._answer(request, chosen, cursor=cursor, stopped=stopped)

    def _by_ids(self, request: Replay, stopped: str | None) -> dict[str, Any]:
        known = {name: slug for slug, name in self.events}
        ids = () if stopped else request.ids or ()
        chosen = [(known[name], name) for name in ids if name in known]
        missing = [name for name in ids if name not in known]
        left = list(request.ids or ()) if stopped else []
        return self._answer(request, chosen, left=left, missing=missing, stopped=stopped)

    def _answer(
        self,
        request: Replay,
        chosen: list[tuple[str, str]],
        *,
        cursor: str | None = None,
        left: list[str] | None = None,
        missing: list[str] | None = None,
        stopped: str | None = None,
    ) -> dict[str, Any]:
        fates = {name: self.anew.get(name, "") if request.reading else "" for _, name in chosen}
        fates |= dict.fromkeys(self.refused & fates.keys(), "refused")
        refused = [name for name, fate in fates.items() if fate == "refused" and not request.dry_run]
        published = [] if request.dry_run else [name for name, fate in fates.items() if not fate]
        self.published += published
        became = Counter(fate for fate in fates.values() if fate and not request.dry_run)
        slugs = Counter(slug for slug, name in chosen if request.dry_run or not fates[name])
        topics = Counter({catalog.slug_of(request.reading): len(published)}) if request.reading else slugs
        answer = ReplayAnswer(
            action="replay",
            dry_run=request.dry_run,
            counts=ReplayCounts.model_validate(
                {"matched": len(chosen), "replayed": len(published), "gone": 0, **became}
            ),
            topics=dict(slugs if request.dry_run else topics),
            expired=[name for name, fate in fates.items() if fate == "expired" and not request.dry_run],
            refused=refused[:MOST_REFUSED],
            cursor=cursor,
            not_found=missing or [],
            left=left or [],
            stopped=stopped or "",
        )
        return answer.payload()


def _answered(payload: dict[str, Any], **beside: str) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps(payload).encode()), **beside}
