"""The catalogue, the template and the settings are one."""

import inspect
import os
import subprocess
import sys
from typing import Any

import pytest

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
    assert catalog.slug_of(tag) == "unclassified"
    assert catalog.kind_of(tag).event_tag == (tag or "unclassified")


@pytest.mark.parametrize("slug", [None, "", "unclassified", "ACCOUNT-FROZEN", "nothing"])
def test_an_unknown_slug_counts_as_none(slug: str | None) -> None:
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
