"""What of AWS the inbound path uses, in memory and exact: the event table, the topics, the bucket.

Far quicker than moto, which tests/integration/support/test_memory_cloud.py holds it against.
"""

# ruff: noqa: N803
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

type Item = dict[str, dict[str, Any]]

_TERM = re.compile(
    r"(?P<test>attribute_(?:not_)?exists)\((?P<tested>\w+)\)|(?P<name>\w+) (?P<sign><=?) (?P<value>:\w+)"
)
_UPDATE = re.compile(r"SET (?P<set>.+?)(?: REMOVE (?P<remove>.+))?")
_FIRST = re.compile(r"(#\w+) = if_not_exists\(\1, (:\w+)\)")
_KEY_CONDITION = "#shard = :shard AND receivedAt BETWEEN :since AND :until"


class MemoryCloud:
    """One table, its writes conditional and atomic; topics that remember; a bucket.

    A request with a parameter or an expression that is not known here is an error, so that nothing new
    is passed over in silence.
    """

    def __init__(self, items: Mapping[str, Item] | None = None) -> None:
        self.items: dict[str, Item] = dict(items or {})
        self.messages: list[dict[str, Any]] = []
        self.objects: dict[str, bytes] = {}

    def put_item(self, *, TableName: str, Item: Item, **rest: Any) -> dict[str, Any]:
        key = Item["pk"]["S"]
        self._check(key, **rest)
        self.items[key] = Item
        return {}

    def update_item(
        self,
        *,
        TableName: str,
        Key: Item,
        UpdateExpression: str,
        ReturnValues: str = "NONE",
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> dict[str, Any]:
        key = Key["pk"]["S"]
        self._check(key, **rest)
        update = _UPDATE.fullmatch(_FIRST.sub(r"\1 = \2", UpdateExpression))
        assert update, UpdateExpression
        old, names = self.items.get(key, Key), ExpressionAttributeNames or {}
        pairs = (pair.split(" = ") for pair in update["set"].split(", "))
        given = {names.get(name, name): rest["ExpressionAttributeValues"][value] for name, value in pairs}
        given |= {
            name: old[name]
            for name in (names[kept] for kept, _ in _FIRST.findall(UpdateExpression))
            if name in old
        }
        removed = (update["remove"] or "").split(", ")
        self.items[key] = {name: value for name, value in (old | given).items() if name not in removed}
        return {"Attributes": self.items[key]} if ReturnValues == "ALL_NEW" else {}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:
        item = self.items.get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def query(
        self, *, TableName: str, IndexName: str, KeyConditionExpression: str, Limit: int,
        ExpressionAttributeNames: dict[str, str], ExpressionAttributeValues: Item,
    ) -> dict[str, Any]:  # fmt: skip
        """One page of an index, whose entries are keys."""
        assert KeyConditionExpression == _KEY_CONDITION
        shard, since, until = (
            ExpressionAttributeValues[f":{name}"]["S"] for name in ("shard", "since", "until")
        )
        name = ExpressionAttributeNames["#shard"]
        found = [
            {attribute: item[attribute] for attribute in ("pk", name, "receivedAt")}
            for item in self.items.values()
            if item.get(name) == {"S": shard} and since <= item["receivedAt"]["S"] <= until
        ]
        assert len(found) <= Limit
        return {"Items": sorted(found, key=lambda entry: str(entry["receivedAt"]["S"]))}

    def publish(self, **request: Any) -> dict[str, Any]:
        self.messages.append(request)
        return {"MessageId": "m"}

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str, **about: str
    ) -> dict[str, Any]:
        assert IfNoneMatch == "*"
        address = f"s3://{Bucket}/{Key}"
        if address in self.objects:
            raise refusal({}, "PreconditionFailed")
        self.objects[address] = Body
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        address = f"s3://{Bucket}/{Key}"
        if address not in self.objects:
            raise refusal({}, "NoSuchKey")
        return {"Body": BytesIO(self.objects[address])}

    def copy_object(
        self, *, Bucket: str, Key: str, CopySource: dict[str, str], MetadataDirective: str, **about: str
    ) -> dict[str, Any]:
        """Over itself, which changes nothing but its age."""
        assert CopySource == {"Bucket": Bucket, "Key": Key}
        assert MetadataDirective == "REPLACE"
        assert f"s3://{Bucket}/{Key}" in self.objects
        return {}

    def _check(
        self, key: str, *,
        ConditionExpression: str = "", ExpressionAttributeValues: Item | None = None,
        ReturnValuesOnConditionCheckFailure: str = "NONE",
    ) -> None:  # fmt: skip
        item = self.items.get(key, {})
        if not ConditionExpression or _holds(ConditionExpression, item, ExpressionAttributeValues or {}):
            return
        told = {"Item": item} if item and ReturnValuesOnConditionCheckFailure == "ALL_OLD" else {}
        raise refusal(told)


def refusal(told: dict[str, Any], code: str = "ConditionalCheckFailedException") -> ClientError:
    """What botocore raises when a condition does not hold; `told` is the item that is in the way."""
    error: Any = {"Error": {"Code": code, "Message": "refused"}}
    return ClientError(error | told, "Write")


def _holds(condition: str, item: Item, values: Item) -> bool:
    """Whether a condition of tests and comparisons holds; AND binds closer than OR."""
    return any(
        all(_term(term, item, values) for term in terms.split(" AND ")) for terms in condition.split(" OR ")
    )


def _term(text: str, item: Item, values: Item) -> bool:
    name, equals, value = text.partition(" = ")
    if equals:
        return item.get(name) == values[value]
    term = _TERM.fullmatch(text)
    assert term, text
    if term["test"]:
        return (term["tested"] in item) is (term["test"] == "attribute_exists")
    if term["name"] not in item:
        return False
    number, limit = int(item[term["name"]]["N"]), int(values[term["value"]]["N"])
    return number < limit or (number == limit and term["sign"] == "<=")
