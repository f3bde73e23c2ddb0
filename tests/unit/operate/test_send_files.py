"""Files of notices: every form is read, numbers stay as they were written, and no typo is sent silently."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operate.errors import NothingDoneError
from operate.send.csv_rows import FIELDS, csv_rows
from operate.send.entries import Entry, Mistake, entries_of, json_lines
from operate.send.json_values import json_values
from relay.notices import Notice
from relay.notices.sending import pack
from tests.support.outbound import message
from tests.support.queue_stub import QueueStub, send
from tests.support.template import ROOT

BOM = b"\xef\xbb\xbf"


def of_json(text: str | bytes, org: str | None = "o-1") -> list[Entry | Mistake]:
    data = text.encode() if isinstance(text, str) else text
    return list(entries_of(json_lines(data.splitlines(keepends=True)), org))


def of_csv(text: str | bytes, org: str | None = "o-1") -> list[Entry | Mistake]:
    data = text.encode() if isinstance(text, str) else text
    return list(entries_of(csv_rows(data.splitlines(keepends=True)), org))


def body(*found: Entry | Mistake) -> str:
    """The text of one SQS message with these entries."""
    entries = [one for one in found if isinstance(one, Entry)]
    assert len(entries) == len(found)
    packed, not_sent = pack("o-1", [one.notice for one in entries])
    assert not_sent == []
    return packed[0].body


def mistakes(found: list[Entry | Mistake]) -> list[Mistake]:
    return [one for one in found if isinstance(one, Mistake)]


@pytest.mark.parametrize(
    "number", ["1.10", "-0", "1e2", "0.1000000000000000055511151231257827", "9" * 4300, "1E-999"]
)
@pytest.mark.parametrize("whole", [False, True])
def test_numbers_reach_the_queue_as_they_were_written(number: str, whole: bool) -> None:
    notice = f'{{"messageId":"a","ext":{number}}}'
    text = f'{{"orgId": "o-1", "messages": [{notice}]}}' if whole else notice.replace("{", '{"orgId":"o-1",')

    assert body(*of_json(text, org=None)) == f'{{"orgId":"o-1","messages":[{notice}]}}'


@pytest.mark.parametrize("number", ["9" * 4301, "1e400", "NaN", "Infinity"])
def test_a_number_that_the_relay_could_not_read_is_a_mistake_of_its_line(number: str) -> None:
    (first, second) = of_json(f'{{"messageId":"a","ext":{number}}}\n{{"messageId":"b"}}\n')

    assert isinstance(first, Mistake)
    assert isinstance(second, Entry)


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "😀", "\u2028", "\x7f", "\x85"])
def test_every_character_is_sent(character: str) -> None:
    text = json.dumps({"messageId": "a", character: character}, ensure_ascii=False)
    sent = body(*of_json(text))

    assert json.loads(sent)["messages"] == [{"messageId": "a", character: character}]
    assert not set(sent) & {"\ufffe", "\uffff"}


@pytest.mark.parametrize("form", [of_json, of_csv])
@pytest.mark.parametrize("mark", [BOM, b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_line_ends_and_blank_lines_do_not_matter(
    form: Any, mark: bytes, end: bytes
) -> None:
    lines = [b'{"messageId":"a"}', b" ", b'{"messageId":"b"}', b""]
    if form is of_csv:
        lines = [b"messageId,body", b"a,", b",", b"", b"b,"]
    found = form(mark + end.join(lines))

    assert [one.message_id for one in found] == ["a", "b"]
    assert [one.line for one in found] == ([2, 5] if form is of_csv else [1, 3])


def test_a_line_may_hold_what_the_queue_takes_or_the_vendors_own_body() -> None:
    whole = json.dumps({"orgId": "o-1", "messages": [message("a"), message("b")]})
    found = of_json(f"{whole}\n{whole.replace('"orgId": "o-1", ', '')}")

    assert [(one.line, one.message_id) for one in found] == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert all(isinstance(one, Entry) and one.org_id == "o-1" for one in found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"messages": []}', "messages: must not be empty"),
        ('{"messages": [{"messageId": "a"}], "orgID": "o-1"}', "messages: only orgId and notAfter may stand"),
        ('{"messageId": "a"} {"messageId": "b"}', "not a JSON object on a line of its own"),
        ('[{"messageId": "a"}]', "not a JSON object on a line of its own"),
        ('{"messageId": "a",}', "character 19"),
        ("[" * 100_000, "not a JSON object on a line of its own"),
        (b'{"messageId": "\xc4\xe3"}', "not UTF-8"),
    ],
)
def test_a_line_that_holds_no_notice_is_named(line: str | bytes, said: str) -> None:
    data = line.encode() if isinstance(line, str) else line
    found = of_json(b'{"messageId": "z"}\n' + data)

    assert isinstance(found[0], Entry)
    assert [one.line for one in mistakes(found)] == [2]
    assert said in mistakes(found)[0].reason


def test_each_notice_of_a_line_without_organisation_is_named() -> None:
    found = of_json('{"messages": [{"messageId": "a"}, {"messageId": "b"}]}', org=None)

    assert [(one.line, one.message_id) for one in mistakes(found)] == [(1, "a"), (1, "b")]


def test_a_table_gives_every_field() -> None:
    header = (
        "orgId,messageId,messageType,targetType,targets,appId,appName,appName.zh_CN,url,linkedAppId,"
        "linkedMenuCode,linkedStates,features,header.en_US,header.zh_CN,body,tags"
    )
    row = 'o-1,a,1,1,u-1; u-2；u-3;,app,App,应用,https://x,l,m,s,f,Title,标题,"a, ""b""\nc",x;y'
    (entry,) = of_csv(f"{header}\n{row}\n", org=None)

    assert isinstance(entry, Entry)
    assert entry.notice == {
        "messageId": "a",
        "messageType": 1,
        "targetType": 1,
        "targets": ["u-1", "u-2", "u-3"],
        "appId": "app",
        "appName": {"defaultValue": "App", "i18nValue": {"zh_CN": "应用"}},
        "url": "https://x",
        "linkedAppId": "l",
        "linkedMenuCode": "m",
        "linkedStates": "s",
        "features": ["f"],
        "header": {"i18nValue": {"en_US": "Title", "zh_CN": "标题"}},
        "body": {"defaultValue": 'a, "b"\nc'},
        "tags": ["x", "y"],
    }
    assert Notice.read(entry.notice)


def test_the_columns_are_the_fields_of_a_notice_and_what_its_record_says_of_it() -> None:
    assert {field.alias for field in Notice.model_fields.values()} | {"orgId", "notAfter"} == FIELDS


def test_an_empty_cell_counts_as_not_given() -> None:
    (entry,) = of_csv("messageId,body,body.zh_CN,tags,targetType\na,,, ,\n")

    assert isinstance(entry, Entry)
    assert entry.notice == {"messageId": "a"}


def test_other_spellings_of_the_vendors_page_and_spaces_around_a_name_are_understood() -> None:
    (entry,) = of_csv("MessageId, Header ,tag\na,x,y\n")

    assert isinstance(entry, Entry)
    assert entry.notice == {"messageId": "a", "header": {"defaultValue": "x"}, "tags": ["y"]}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("messageId,heder", "column 2 is 'heder'"),
        ("messageId,header.zhCN", "column 2 is 'header.zhCN'"),
        ("messageId,header.", "column 2 is 'header.'"),
        ("messageId,url.zh_CN", "column 2 is 'url.zh_CN'"),
        ("messageId;heder", "column 2 is 'heder'"),
        ("messageId,header;body", "column 2 is 'header;body'"),
        ("messageId\theder", "column 2 is 'heder'"),
        ("messageId,", "column 2 is ''"),
        ('sep="', "column 1 is 'sep=\"'"),
        ("sep=x", "column 1 is 'sep=x'"),
        ("messageId,header,Header", "column 3, 'Header', is there twice"),
    ],
)
def test_a_column_that_is_not_understood_is_named_and_nothing_is_sent(
    tmp_path: Path, header: str, said: str
) -> None:
    file = tmp_path / "notices.csv"
    file.write_text(f"{header}\na,b,c\n", "utf-8")
    queue = QueueStub()
    result = send(queue, str(file), "--org", "o-1", "--skip-invalid")

    assert (result.status, queue.requests) == (2, 0)
    assert said in result.stderr


@pytest.mark.parametrize("row", ["a", "a,b,c"])
def test_a_row_with_other_cells_than_columns_is_a_mistake_of_its_own(row: str) -> None:
    first, second, third = of_csv(f'messageId,body\nx,"two\nlines"\n{row}\ny,\n')

    assert (first.line, third.line) == (2, 5)
    assert isinstance(second, Mistake)
    assert (second.line, second.message_id) == (4, "a")
    assert "under 2 columns" in second.reason


@pytest.mark.parametrize("mark", [BOM, b""])
@pytest.mark.parametrize("before", [b"", b"\r\n", b";;;\r\n"])
def test_a_table_may_have_semicolons_between_its_cells(mark: bytes, before: bytes) -> None:
    table = 'messageId;targets;header;body\r\na;"u-1;u-2";Title, first;"x;y"\r\n'
    (entry,) = of_csv(mark + before + table.encode())

    assert isinstance(entry, Entry)
    assert entry.notice == {
        "messageId": "a",
        "targets": ["u-1", "u-2"],
        "header": {"defaultValue": "Title, first"},
        "body": {"defaultValue": "x;y"},
    }


@pytest.mark.parametrize("first", ["a;u-1;u-2", "a;u-1;u-2;x"])
def test_targets_that_are_not_in_quotes_where_semicolons_part_cells_are_a_mistake(first: str) -> None:
    wrong, right = of_csv(f'messageId;targets\n{first}\nb;"u-1;u-2"\n')

    assert isinstance(wrong, Mistake)
    assert wrong.reason.endswith('cells under 2 columns: put a cell that holds ; in quotes, "…"')
    assert isinstance(right, Entry)


def test_a_comma_in_the_header_line_makes_commas_part_the_cells() -> None:
    (entry,) = of_csv("messageId,targets\na,u-1;u-2\n")

    assert isinstance(entry, Entry)
    assert entry.notice == {"messageId": "a", "targets": ["u-1", "u-2"]}


@pytest.mark.parametrize("mark", [BOM, b""])
@pytest.mark.parametrize(
    "table",
    [
        "messageId\ttargets\tbody\na\tu-1;u-2\tx, y\n",
        "sep=;\r\nmessageId;targets;body\r\na;u-1,u-2;x, y\r\n",
        'SEP=,\r\nmessageId,targets,body\r\na,u-1;u-2,"x, y"\r\n',
        '"sep=|"\nmessageId|targets|body\na|u-1,u-2|x, y\n',
        "sep=\t\nmessageId\ttargets\tbody\na\tu-1,u-2\tx, y\n",
    ],
)
def test_a_table_is_read_as_excel_writes_it(mark: bytes, table: str) -> None:
    (entry,) = of_csv(mark + table.encode())

    assert isinstance(entry, Entry)
    assert entry.line == table.count("\n")
    assert entry.notice == {"messageId": "a", "targets": ["u-1", "u-2"], "body": {"defaultValue": "x, y"}}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_a_table_may_be_excels_unicode_text(encoding: str, end: str) -> None:
    text = f"\ufeffmessageId\tbody\r\na\t请假\u0a0a\U00020000\r\nb\t标题{end}"
    found = of_csv(text.encode(encoding))

    assert [(one.line, one.message_id) for one in found] == [(2, "a"), (3, "b")]
    assert isinstance(found[0], Entry)
    assert found[0].value == {"messageId": "a", "body": {"defaultValue": "请假\u0a0a\U00020000"}}


def test_users_are_apart_by_whatever_may_stand_between_them() -> None:
    cell = '"u-1,u-2，u-3、u-4;u-5；u-6\tu-7\nu-8\r\nu-9 , ,\n"'
    (entry,) = of_csv(f'messageId,targets,tags\na,{cell},"x,y;z"\n')

    assert isinstance(entry, Entry)
    assert entry.notice == {
        "messageId": "a",
        "targets": [f"u-{number}" for number in range(1, 10)],
        "tags": ["x,y", "z"],
    }


@pytest.mark.parametrize(
    ("cell", "users"),
    [('="007"', ["007"]), ('"=""007"""', ["007"]), ('="007";="008"', ["007", "008"]), ('="7;8"', ["7", "8"])],
)
def test_excels_way_to_keep_a_text_is_taken_off(cell: str, users: list[str]) -> None:
    (entry,) = of_csv(f'messageId,targets,messageType,header,url\n="a",{cell},="1",="2",=""\n')

    assert isinstance(entry, Entry)
    assert entry.notice == {
        "messageId": "a",
        "targets": users,
        "messageType": 1,
        "header": {"defaultValue": "2"},
    }


@pytest.mark.parametrize("column", ["orgId", "messageId", "appId"])
def test_a_name_that_a_spreadsheet_shortened_is_a_mistake(column: str) -> None:
    (wrong,) = of_csv(f"{column},body\n1.2E+11,x\n")

    assert isinstance(wrong, Mistake)
    assert wrong.reason == f'{column}: "1.2E+11" is a number that a spreadsheet shortened'


@pytest.mark.parametrize(
    ("cell", "users"),
    [
        ("1,2E+11", ["1,2E+11"]),
        ("1,2E+11;u2", ["1,2E+11", "u2"]),
        ("u1； 1,2E+11", ["u1", "1,2E+11"]),
        ("u1、-1,2E+11、u2", ["u1", "-1,2E+11", "u2"]),
        ("u1,u2;u3", ["u1", "u2", "u3"]),
    ],
)
def test_a_user_that_a_spreadsheet_shortened_is_one_whatever_its_comma(cell: str, users: list[str]) -> None:
    (entry,) = of_csv(f"messageId\ttargets\na\t{cell}\n")

    assert isinstance(entry, Entry)
    assert entry.value == {"messageId": "a", "targets": users}


def test_no_more_rows_are_read_than_are_asked_for() -> None:
    def lines(first: bytes, row: bytes) -> Iterator[bytes]:
        yield first
        for _ in range(3):
            yield row
        raise AssertionError("read ahead")

    for found in (
        csv_rows(lines(b"messageId\n", b"a\n")),
        json_lines(lines(b"\n", b'{"messageId":"a"}\n')),
        json_values(lines(b"[{}", b',\n{"messageId":"a"}')),
    ):
        entries = entries_of(found, "o-1")

        assert [next(entries).message_id for _ in range(2)] in (["a", "a"], ["", "a"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b'messageId,body\na,"never closed\nb,x\n', "line 2: not CSV"),
        (b'messageId,body\na,"x"y\n', "line 2: not CSV"),
        (b"messageId,body\na,x\nb,\xc4\xe3\n", "line 3: not UTF-8"),
    ],
)
def test_a_table_that_breaks_off_is_wrong_as_a_whole(table: bytes, said: str) -> None:
    with pytest.raises(NothingDoneError, match=said):
        of_csv(table)


def test_a_cell_of_any_length_is_read() -> None:
    (entry,) = of_csv(f"messageId,body\na,{'x' * 300_000}\n")

    assert isinstance(entry, Entry)


@pytest.mark.parametrize("text", ["", "\n", "messageId\n"])
def test_an_empty_table_holds_no_notice(text: str) -> None:
    assert of_csv(text) == []


@pytest.mark.parametrize("name", ["notices.jsonl", "notices.csv"])
def test_the_samples_are_sent(name: str) -> None:
    queue = QueueStub()
    result = send(queue, str(ROOT / "events" / name))

    assert (result.status, result.stderr) == (0, "")
    assert [org for org, _ in queue.notices()] == ["o15504745674071"] * 2
    assert {user for _, one in queue.notices() for user in one.get("targets", ())} == {"u123", "u456"}
