"""JSON that is no JSON Lines is read as well: an array, or objects over several lines."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from operate.errors import NothingDoneError
from operate.send.entries import Entry, Mistake, entries_of
from operate.send.json_values import is_document, json_values
from tests.support.outbound import message
from tests.support.queue_stub import QueueStub, send

NOTICES = [
    message("a", header='标题 \\ " [{'),
    message("b", tags=["x", {"zh_CN": "[", "default": "]"}]),
    message("c"),
]
WHOLE = {"orgId": "o-1", "messages": NOTICES}
EACH = [("o-1", notice) for notice in NOTICES]


def of_json(text: str, size: int = 65_536) -> list[Entry | Mistake]:
    data = text.encode()
    return list(entries_of(json_values(data[at : at + size] for at in range(0, len(data), size)), "o-1"))


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("form", ["array", "records", "record", "notice", "in turn", "lines"])
@pytest.mark.parametrize("mark", ["\ufeff", "", "\n \r\n"])
def test_every_shape_of_json_is_sent(tmp_path: Path, indent: Any, form: str, mark: str) -> None:
    shapes: dict[str, list[Any]] = {
        "array": [NOTICES],
        "records": [[WHOLE | {"messages": NOTICES[:1]}, WHOLE | {"messages": NOTICES[1:]}]],
        "record": [WHOLE],
        "notice": NOTICES[:1],
        "in turn": NOTICES,
        "lines": [],
    }
    written = "\n".join(json.dumps(one, indent=indent, ensure_ascii=False) for one in shapes[form])
    lines = "\n".join(json.dumps(one) for one in NOTICES)
    file = tmp_path / "notices.json"
    file.write_text(mark + (written or lines) + "\n", "utf-8")
    queue = QueueStub()
    result = send(queue, str(file), "--org", "o-1")

    assert (result.status, result.stderr) == (0, "")
    assert queue.notices() == (EACH[:1] if form == "notice" else EACH)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_is_read_alike_however_it_comes(size: int, indent: int | None) -> None:
    numbers = '{"messageId":"d","ext":1.10}'
    text = (
        json.dumps([*NOTICES, 12345, "x"], indent=indent, ensure_ascii=False)[:-1].rstrip() + f",{numbers}]"
    )
    found = of_json(text, size)
    wrong = [one for one in found if isinstance(one, Mistake)]

    assert found == of_json(text, len(text.encode()))
    assert [one.value for one in found if isinstance(one, Entry)][:-1] == NOTICES
    assert [one.reason for one in wrong] == ["not a JSON object"] * 2
    assert isinstance(found[-1], Entry)
    assert found[-1].notice == (found[-1].value, numbers)


def test_a_notice_of_a_document_is_named_by_the_line_it_begins_on() -> None:
    found = of_json('\n[\n {"messageId":\n"a"}, {"messageId": "b"},\n\n {"messages": [{}, 7]}]')

    assert [(one.line, one.message_id) for one in found] == [(3, "a"), (4, "b"), (6, ""), (6, "")]


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1},\n{"b": ', "line 2: not JSON"),
        ('[{"a": 1}\n{"b": 2}]', "line 2: not JSON: Expecting ',' or ']'"),
        ('[{"a": 1},\n]', "line 2: not JSON"),
        ('[{"a": 1}]\n[]', "line 2: something follows the array"),
        ('[{"a": "never closed}]', "line 1: not JSON"),
        ('[{"a": 1}', "line 1: not JSON: Expecting ',' or ']'"),
        ("[" * 100_000, "nested too deeply"),
        ("[{}, \ud800", "not UTF-8"),
    ],
)
def test_a_document_that_breaks_off_is_wrong_as_a_whole(text: str, said: str, size: int) -> None:
    data = text.encode(errors="surrogatepass")

    with pytest.raises(NothingDoneError, match=said.replace("[", r"\[")) as raised:
        list(json_values(data[at : at + size] for at in range(0, len(data), size)))
    assert raised.value.message.endswith("Nothing was sent.")


@pytest.mark.parametrize(
    ("line", "document"),
    [
        (b'{"messageId": "a"}\n', False),
        (b'{"messageId": "a"', False),
        (b'{"messageId": "a",}\n', False),
        (b'{"messageId": "a"} {}\n', False),
        (b"{\n", True),
        (b'{"orgId": "o-1",\n', True),
        (b'{"orgId": "o-1", "messages": [\r\n', True),
        (b'[{"messageId": "a"}]', True),
        (b"\xef\xbb\xbf [\n", True),
        (b'[{"messageId": "\xe8', True),
        (b"[" * 100_000, True),
        (b"7\n", False),
    ],
)
def test_the_first_line_tells_a_document_from_lines(line: bytes, document: bool) -> None:
    assert is_document(line) is document


def test_json_on_the_standard_input_may_be_an_array(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps(NOTICES, indent=1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    queue = QueueStub()

    assert send(queue, "-", "--org", "o-1").status == 0
    assert queue.notices() == EACH
