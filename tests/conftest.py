"""Mock AWS, made from template.yaml, for every test that asks for it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from tests.support import template

# A busy machine is no fault of what is tested.
settings.register_profile(
    "relay", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
# To look further, with other examples at each run: pytest --hypothesis-profile=explore
settings.register_profile("explore", settings.get_profile("relay"), derandomize=False)
settings.load_profile("relay")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty mock AWS in the region of the tests: no real credentials, no real endpoint."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", template.REGION)
    for name in ("AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield


@pytest.fixture
def inbound(cloud: None) -> None:
    """The table, topics and bucket of the inbound path."""
    template.make_event_table()
    template.make_topics()
    template.make_payload_bucket()
