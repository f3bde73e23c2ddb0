"""Stands in for the AWS command line where there is none, for the calls that `up` prints.

Services, operations and options are those that botocore describes, so that a misspelt one fails here too.
"""

import argparse
import json
import sys
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.session import get_session


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="aws", allow_abbrev=False)
    parser.add_argument("--endpoint-url")
    parser.add_argument("--query", default="@")
    parser.add_argument("--output", choices=["json", "text"], default="json")
    parser.add_argument("service")
    parser.add_argument("operation")
    given, options = parser.parse_known_args(arguments)
    client: Any = get_session().create_client(given.service, endpoint_url=given.endpoint_url)
    called = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    if given.operation not in called:
        parser.error(f"{given.service} has no {given.operation}")
    shape = client.meta.service_model.operation_model(called[given.operation]).input_shape
    answer = getattr(client, xform_name(called[given.operation]))(**parameters(shape, options))
    answer.pop("ResponseMetadata")
    show(jmespath.search(given.query, answer), given.output)
    return 0


def parameters(shape: Any, options: list[str]) -> dict[str, Any]:
    """An operation's parameters from options; a list's values follow its option."""
    parser = argparse.ArgumentParser(prog="aws", allow_abbrev=False, argument_default=argparse.SUPPRESS)
    for name, member in shape.members.items():
        many = {"nargs": "+"} if member.type_name == "list" else {}
        kind = int if member.type_name == "integer" else str
        required = name in shape.required_members
        parser.add_argument(f"--{xform_name(name, '-')}", dest=name, type=kind, required=required, **many)
    return vars(parser.parse_args(options))


def show(found: Any, output: str) -> None:
    if output == "text":
        values = found if isinstance(found, list) else [found]
        sys.stdout.write("\t".join(map(str, values)) + "\n")
    elif found is not None:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=4) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
