"""AWS clients as the functions want them: botocore's own, with short explicit timeouts."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session

# The gateway and API Gateway wait for us, so a call that hangs must end well before the function does:
# two attempts of at most 1 + 3 seconds each.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=16,
    # One text for all calls: botocore puts its own together twice a call, which is 0.1 of a warm callback.
    user_agent="mozi-relay",
)


@cache
def _session() -> Session:
    return get_session()


def client(service: str) -> Any:
    """A client of `service`; region, credentials and endpoint come from the environment."""
    return _session().create_client(service, config=_CONFIG)
