"""The catalogue, the template and the settings are one."""

import inspect
import os
import re
import subprocess
import sys
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay import catalog, content
from relay.content import fits
from relay.store import LEASE_SECONDS
from tests.support import template
from tests.support.inbound import CONTENTS, TAGS, content_of

CALLBACK = template.RESOURCES["CallbackFunction"]["Properties"]


def test_every_slug_has_its_topic_and_every_topic_its_slug() -> None:
    assert sorted(catalog.SLUGS) == sorted(template.topic_slugs())
    assert len(catalog.SLUGS) == len(set(TAGS)) + 1 == len(catalog.CATALOG) + 1


def test_the_callback_reads_exactly_the_variables_that_the_template_gives_it() -> None:
    # In a process of its own: app.py touches the world at import.
    code = "import callback.app as a; print(*[n.upper() for n in a.Settings.model_fields])"
    given = dict.fromkeys(template.variables("CallbackFunction"), "1") | {"LOG_LEVEL": "INFO"}
    environ = os.environ | given | {
        "AWS_DEFAULT_REGION": template.REGION,
        "PYTHONPATH": os.pathsep.join(["functions", "layers"]),
    }  # fmt: skip

    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=template.ROOT,
        env=environ,
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert set(printed.split()) == template.variables("CallbackFunction")


def test_a_lease_outlasts_every_run_of_the_callback() -> None:
    assert CALLBACK["Timeout"] < LEASE_SECONDS


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_and_its_slug_lead_to_each_other(tag: str) -> None:
    assert catalog.tag_of(catalog.slug_of(tag)) == tag


@pytest.mark.parametrize("tag", [None, "", "MOZI|NEW", "frozen", "unclassified"])
def test_what_is_no_catalogued_tag_goes_to_unclassified(tag: str | None) -> None:
    assert catalog.kind_of(tag).slug == "unclassified"
    assert catalog.kind_of(tag).event_tag == (tag or "unclassified")


def coded(raw: bytes) -> str:
    return "x-" + urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "tag", ["real_time_trace", "MOZI|NEW", "a", "标签|一", 'a "quoted" \\ tag', "é" * 256]
)
def test_a_tag_outside_the_catalogue_and_its_slug_lead_to_each_other(tag: str) -> None:
    slug = catalog.slug_of(tag)

    assert slug == coded(tag.encode())
    assert re.fullmatch(r"x-[A-Za-z0-9_-]+", slug)
    assert catalog.tag_of(slug) == tag
    assert catalog.kind_of(tag) == (tag, "unclassified", content.ContentModel)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_text_has_a_slug_that_leads_back_to_it_just_when_it_is_a_tag(text: str) -> None:
    known = catalog.tag_of(coded(text.encode()))

    assert known == (text if catalog.is_tag(text) else None)


@given(st.text(st.sampled_from("xX-_=+/ \nAQgwz019é"), max_size=12))
def test_no_two_slugs_lead_to_one_tag_outside_the_catalogue(text: str) -> None:
    tag = catalog.tag_of(f"x-{text}")

    assert tag is None or catalog.slug_of(tag) == f"x-{text}"


def test_the_coded_form_of_a_catalogued_tag_stands_for_that_tag() -> None:
    assert catalog.tag_of(coded(TAGS[0].encode())) == TAGS[0]


@pytest.mark.parametrize(
    "slug",
    [
        None, "", "unclassified", "ACCOUNT-FROZEN", "nothing", "real_time_trace", "x-", "x", "X-YQ", "x-YQ==",
        "x-YR", "x-YQ\n", "x-Y Q", "x-Y", "x-+/", "x-标签", "x-\ud800",
        coded(b"\xff\xfe"), coded(b"\xed\xa0\x80"),
        coded(b" "), coded(b" a"), coded(b"a\n"), coded(b"a\0b"), coded("\u200b".encode()), coded(b"a" * 257),
        coded(b"unclassified"),
    ],
)  # fmt: skip
def test_what_is_no_slug_stands_for_no_tag(slug: str | None) -> None:
    assert catalog.tag_of(slug) is None


@pytest.mark.parametrize("tag", TAGS)
def test_a_content_names_its_tag_by_topic_and_tag_or_by_tag_alone(tag: str) -> None:
    topic, _, last = tag.partition("|")

    assert catalog.tag_within({"topic": topic, "tag": last}) == tag
    assert catalog.tag_within({"topic": None, "tag": last}) == tag
    assert catalog.tag_within({"tag": last}) == tag
    assert catalog.tag_within({"tag": tag}) == tag


@pytest.mark.parametrize(
    "value",
    [None, [], "frozen", {}, {"tag": 1}, {"tag": "员工/组织变动类别"}, {"topic": "another", "tag": "frozen"}],
)
def test_a_content_that_names_no_catalogued_tag_names_none(value: Any) -> None:
    assert catalog.tag_within(value) is None


@pytest.mark.parametrize("tag", TAGS)
def test_the_vendors_contents_fit_their_models(tag: str) -> None:
    model = catalog.BY_TAG[tag].content

    assert fits(model, content_of(tag))
    assert fits(model, content_of(tag) | {"new": {"field": [1.5]}})


@pytest.mark.parametrize("model", CONTENTS)
@pytest.mark.parametrize("wrong", [True, 1.5, {}, [[]]])
def test_a_value_of_another_kind_does_not_fit(model: type[content.ContentModel], wrong: Any) -> None:
    for field in model.model_fields.values():
        assert not fits(model, CONTENTS[model] | {str(field.alias): wrong})


@pytest.mark.parametrize("model", CONTENTS)
@pytest.mark.parametrize("empty", [{}, {"surprise": 1}, {"data": {"tenantId": "1"}, "TENANTID": "1"}])
def test_a_content_without_any_field_of_the_table_does_not_fit(
    model: type[content.ContentModel], empty: dict[str, Any]
) -> None:
    assert not fits(model, empty)
    assert not fits(model, empty | {str(field.alias): None for field in model.model_fields.values()})


@pytest.mark.parametrize("field", ["tag", "tenantId", "organizationCodes", "employeeCodes"])
def test_one_field_of_the_table_is_enough_where_none_is_required(field: str) -> None:
    assert fits(content.ContactsChange, {field: CONTENTS[content.ContactsChange][field], "surprise": 1})


@pytest.mark.parametrize("infos", [[{"employeeCode": "GE_1"}], ["GE_1"]])
def test_infos_stand_in_for_all_fields(infos: list[Any]) -> None:
    assert fits(content.ContactsChange, {"infos": infos})


@pytest.mark.parametrize("model", CONTENTS)
@pytest.mark.parametrize("wrong", [None, [], "text", 1])
def test_what_is_no_object_does_not_fit(model: type[content.ContentModel], wrong: Any) -> None:
    assert not fits(model, wrong)


def test_every_model_belongs_to_a_tag() -> None:
    models = {
        one
        for one in vars(content).values()
        if inspect.isclass(one) and issubclass(one, content.ContentModel)
    }

    assert {kind.content for kind in catalog.CATALOG} == models - {content.ContentModel} == set(CONTENTS)
