"""One piece of work through each function, prepared in memory: what it runs can be watched."""

import sys
import threading
from collections.abc import Callable
from types import FrameType

from callback.request import CallbackRequest
from notice.inquiry import Inquiry
from notice.outbound import Outbound
from tests.support.in_process_portal import InProcessPortal
from tests.support.inbound import Inbound, dumps, message, rest_api
from tests.support.outbound import NOW, TopicStub, event, new_dispatcher, record, settler
from tests.support.outbound import message as sent
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


def notice() -> Callable[[], object]:
    """One fresh notice, read, accepted and settled."""
    dispatcher = new_dispatcher(InProcessPortal(), workers=1)
    inquiry = Inquiry(InProcessPortal())
    outbound = Outbound(dispatcher, inquiry, settler(None, TopicStub()), lambda: NOW, lambda: NOW)
    given = event(record(sent()))
    return lambda: outbound.deliver(given, 50)


def files_of(work: Callable[[], object]) -> list[str]:
    """Returns the files of the functions and the layer that one call of `work` goes through, in order."""
    files: list[str] = []

    def note(frame: FrameType, kind: str, _: object) -> None:
        file = frame.f_code.co_filename
        if kind == "call" and file.startswith(_COUNTED) and files[-1:] != [file]:
            files.append(file)

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return [file.removeprefix(f"{ROOT}/") for file in files]
