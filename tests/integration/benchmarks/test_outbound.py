"""The outbound measurements count what they claim, and give no number for work that was not done."""

import json
import sysconfig
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import artefacts, memory, notice_input, notices, poison_notices
from benchmarks.aws_server import aws_server
from benchmarks.outbound import Ways, write_event
from benchmarks.portal_server import ORG, NotAsClaimedError, PortalServer, target
from benchmarks.processes import ChildFailedError
from tests.support import template

SITE = Path(sysconfig.get_path("purelib"))
# The sources in place of what `sam build` makes of them.
PATH = [artefacts.ROOT / "functions", artefacts.ROOT / "layers", SITE]
DOCS = [artefacts.ROOT / "benchmarks", SITE]
# MB: Linux adds up a process's memory from counters of each processor, now and then.
INEXACT = 1


@pytest.fixture
def portal() -> Iterator[PortalServer]:
    with PortalServer() as server:
        yield server


class BrokenPortal(PortalServer):
    """Fails in one way, whatever it is told."""

    def __init__(self, **faults: Any) -> None:
        self._faults = faults

    def behave(self, **given: Any) -> None:
        super().behave(**given | self._faults)


def connection(portal: PortalServer) -> HTTPConnection:
    return HTTPConnection(portal.url.removeprefix("http://"), timeout=30)


def produce(portal: PortalServer, to: HTTPConnection, *names: str) -> tuple[int, Any]:
    body = json.dumps({"messages": [{"messageId": name} for name in names]})
    to.request("POST", target(ORG), body, {"apim-accesstoken": portal.token})
    answer = to.getresponse()
    return answer.status, json.load(answer)


def test_the_portal_counts_calls_and_how_often_each_notice_came(portal: PortalServer) -> None:
    kept = connection(portal)

    assert produce(portal, kept, "a", "b") == (200, {"code": 0, "message": "", "data": {"success": True}})
    produce(portal, kept, "b")

    seen = portal.seen()
    assert (seen.calls, seen.notices, seen.times) == (2, 2, [1, 2])
    portal.behave()
    assert portal.seen().calls == 0
    kept.close()


def test_the_portal_refuses_a_batch_with_a_poison_notice_in_it(portal: PortalServer) -> None:
    portal.behave(refuse=["b"])
    kept = connection(portal)

    assert [produce(portal, kept, *names)[0] for names in ("a", "ab", "b", "c")] == [200, 400, 400, 200]

    seen = portal.seen()
    assert (seen.calls, seen.notices) == (4, 2)
    kept.close()


def test_the_portal_takes_nothing_without_its_token(portal: PortalServer) -> None:
    kept = connection(portal)
    kept.request("POST", target(ORG), b'{"messages": []}')

    assert kept.getresponse().status == 401
    assert portal.seen().calls == 0
    kept.close()


def test_the_portal_serves_dozens_of_connections_at_once(portal: PortalServer) -> None:
    portal.behave(latency=0.02)
    headers = {"apim-accesstoken": portal.token}
    many = [connection(portal) for _ in range(50)]

    for number, each in enumerate(many):
        each.request("POST", target(ORG), json.dumps({"messages": [{"messageId": f"{number}"}]}), headers)

    assert {each.getresponse().status for each in many} == {200}
    portal.seen().expect(50, calls=50)
    for each in many:
        each.close()


@pytest.mark.parametrize(("notices", "calls", "times"), [(1, 1, 2), (2, 1, 1), (1, 2, 1)])
def test_what_came_otherwise_than_expected_is_an_error(
    portal: PortalServer, notices: int, calls: int, times: int
) -> None:
    kept = connection(portal)
    produce(portal, kept, "a")
    kept.close()

    seen = portal.seen()

    seen.expect(1, calls=1, times=1)
    with pytest.raises(NotAsClaimedError):
        seen.expect(notices, calls=calls, times=times)


def test_every_way_of_sending_is_compared_with_ours() -> None:
    plan = notices.Plan(notices=250, alone={0: 3, 5: 2}, times=2, growth=(1, 10, 50), most_events=4)

    found = notices.measure(1, path=PATH, docs=DOCS, plan=plan)

    rows = {row.key: row for row in found.rows}
    kinds = ("rate", "invocation", "alone", "by_the_docs")
    expected = {f"notices_{kind}_{latency}ms" for kind in kinds for latency in (0, 5)}
    assert rows.keys() == expected | {"notices_calls", "notices_signature", "notices_cpu_growth_10"}
    assert rows["notices_calls"].reading.values == (3,)
    assert all(row.reading.median > 0 for row in found.rows)
    ways: Any = found.details["ways"]
    calls = {name: (way["notices"], way["calls"]) for name, way in ways.items() if name.endswith("5 ms")}
    assert calls == {
        "dispatcher, 5 ms": (250, 3),
        "invocation, 5 ms": (250, 3),
        "bare loop, 5 ms": (250, 3),
        "bare loop, one call per notice, 5 ms": (2, 2),
        "by the docs, 5 ms": (2, 2),
    }


@pytest.mark.parametrize("faults", [{"status": 503}, {"status": 401}, {"refuse": ["n-000001"]}])
@pytest.mark.parametrize("way", ["dispatcher", "invocation", "bare", "by_the_docs"])
def test_a_portal_that_does_not_take_everything_gives_no_number(
    tmp_path: Path, way: str, faults: dict[str, Any]
) -> None:
    with BrokenPortal(**faults) as portal:
        ways = Ways(portal, path=PATH, docs=DOCS, folder=tmp_path)

        with pytest.raises((NotAsClaimedError, ChildFailedError), match=r"the portal took|failed processing"):
            getattr(ways, way)(3, 0)

        assert not ways.runs


def test_bodies_that_differ_from_what_the_others_send_give_no_number(
    tmp_path: Path, portal: PortalServer
) -> None:
    ways = Ways(portal, path=PATH, docs=DOCS, folder=tmp_path)
    ways.bare(3, 0)
    (file,) = tmp_path.glob("bodies-*-3-*")
    file.write_text(file.read_text("utf-8").replace("审批", "通知"), "utf-8")

    with pytest.raises(NotAsClaimedError, match="what came is not what the others send"):
        ways.bare(3, 0)


def test_the_calls_that_find_a_poison_notice_are_counted_at_every_position() -> None:
    found = poison_notices.measure(path=PATH, size=8, several=(2,))

    assert {row.key: row.reading.median for row in found.rows}.keys() == {
        "culprit_worst", "culprit_mean", "culprits_1", "culprits_2",
    }  # fmt: skip
    ours: Any = found.details["ours"]
    assert ours["1"]["least"] <= ours["1"]["mean"] <= ours["1"]["worst"] <= 8
    assert ours["1"]["worst"] <= ours["2"]["worst"]


def test_poison_notices_that_are_not_all_found_give_no_number() -> None:
    # All of them: the organisation is in quarantine then, and none is rejected.
    with pytest.raises(NotAsClaimedError, match="0 accepted and 0 rejected of 8"):
        poison_notices.measure(path=PATH, size=8, several=(8,))


@pytest.mark.parametrize(
    ("given", "calls"), [((), 1), ((0,), 7), ((7,), 7), ((0, 1), 7), ((0, 7), 11), (range(8), 15)]
)
def test_plain_halving_asks_about_both_halves(given: Any, calls: int) -> None:
    assert poison_notices.halving(0, 8, given) == calls


def test_peaks_of_memory_are_read_from_functions_that_did_their_work() -> None:
    kinds = {"typical": memory.KINDS["typical"]}

    found = memory.measure(1, notice=PATH, callback=PATH, kinds=kinds, size=300_000)

    assert [row.key for row in found.rows] == ["memory_notice_typical", "memory_callback"]
    details: Any = found.details
    assert details["typical"]["notices"] == 600
    for name in ("typical", "callback"):
        after_each = details[name]["after_each"]
        assert 0 < details[name]["at_start"] <= after_each[0] + INEXACT
        assert all(later >= earlier - INEXACT for earlier, later in pairwise(after_each))


def test_a_peak_without_the_work_is_no_number(tmp_path: Path) -> None:
    event, count = memory.KINDS["typical"].event(100_000)
    write_event(tmp_path / "notice", event)
    write_event(tmp_path / "callback", memory.callback_event(100_000))

    with BrokenPortal(refuse=["n-000001"]) as portal, pytest.raises(NotAsClaimedError):
        memory.notice_peak(PATH, portal, tmp_path / "notice", count, {})
    with aws_server("another token") as aws, pytest.raises(NotAsClaimedError, match="answered"):
        memory.callback_peak(PATH, aws, tmp_path / "callback", {})


@pytest.mark.parametrize("name", memory.KINDS)
def test_an_event_is_as_full_as_lambda_and_the_template_let_it_be(name: str) -> None:
    event, count = memory.KINDS[name].event(notice_input.EVENT_BYTES)

    records = event["Records"]
    another = len(notice_input.compact(records[-1]).encode()) + 1
    assert notice_input.size(event) <= notice_input.EVENT_BYTES
    assert len(records) <= memory.RECORDS
    assert len(records) == memory.RECORDS or notice_input.size(event) + another > notice_input.EVENT_BYTES
    assert count == sum(len(json.loads(one["body"])["messages"]) for one in records)
    assert max(len(one["body"].encode()) for one in records) <= 262_144


def test_the_template_lets_so_many_records_into_one_invocation() -> None:
    source = template.RESOURCES["NoticeFunction"]["Properties"]["Events"]["Notices"]["Properties"]

    assert source["BatchSize"] == memory.RECORDS


def test_an_event_that_lambda_would_not_take_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NotAsClaimedError, match="would never arrive"):
        write_event(tmp_path / "event", {"Records": [{"body": "x" * notice_input.EVENT_BYTES}]})
