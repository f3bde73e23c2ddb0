"""The reference of a cold start: two bare clients of stock botocore."""

from botocore.session import get_session

session = get_session()
dynamodb = session.create_client("dynamodb")
sns = session.create_client("sns")
