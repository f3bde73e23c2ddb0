"""One piece of work through each function, prepared on the suite's own fakes: what it runs can be watched."""

import sys
from collections.abc import Callable
from types import FrameType

from callback.request import CallbackRequest
from tests.support.inbound import Inbound, dumps, message, rest_api
from tests.support.template import ROOT

_COUNTED = tuple(str(ROOT / folder) + "/" for folder in ("functions", "layers/relay"))


def callback() -> Callable[[], object]:
    """One callback with JSON and a slug, accepted: from the event of its source to the response for it."""
    intake = Inbound().intake
    event = rest_api(
        dumps(message({"appName": "一网通办", "realmId": "50006001"})).encode(), slug="app-update"
    )

    def work() -> object:
        request = CallbackRequest.of(event)
        return intake.receive(request).response.render(event)

    return work


def files_of(work: Callable[[], object]) -> list[str]:
    """Returns the files of the functions and the layer that one call of `work` goes through, in order."""
    files: list[str] = []

    def note(frame: FrameType, kind: str, _: object) -> None:
        file = frame.f_code.co_filename
        if kind == "call" and file.startswith(_COUNTED) and files[-1:] != [file]:
            files.append(file)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return [file.removeprefix(f"{ROOT}/") for file in files]
