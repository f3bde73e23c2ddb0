"""Stands in for the AWS command line where there is none, for the calls that `up` and the docs print.

Services, operations and options are those that botocore describes, so that a misspelt one fails here too.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.session import get_session
from botocore.validate import ParamValidator

# Attributes whose value is a document of its own, which the service refuses if it is no JSON.
DOCUMENTS = {"Policy", "RedrivePolicy", "FilterPolicy"}
# Options with another name than the parameter's, as the AWS command line has them.
RENAMED = {("Subscribe", "Endpoint"): "--notification-endpoint"}


class Call(NamedTuple):
    """What a command line asks for, and how its answer is shown."""

    service: str
    operation: str
    parameters: dict[str, Any]
    endpoint_url: str | None
    query: str
    output: str

    def show(self, answer: dict[str, Any]) -> None:
        found = jmespath.search(self.query, answer)
        if self.output == "text":
            values = found if isinstance(found, list) else [found]
            sys.stdout.write("\t".join(map(str, values)) + "\n")
        # As the AWS command line, which says nothing of an operation that answers nothing.
        elif found not in (None, {}):
            sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=4) + "\n")


def main(arguments: list[str]) -> int:
    call = parsed(arguments)
    client: Any = get_session().create_client(call.service, endpoint_url=call.endpoint_url)
    answer = getattr(client, xform_name(call.operation))(**call.parameters)
    answer.pop("ResponseMetadata")
    call.show(answer)
    return 0


def parsed(arguments: list[str]) -> Call:
    """Returns the call of a command line. Raises SystemExit for what the AWS command line refuses."""
    parser = argparse.ArgumentParser(prog="aws", allow_abbrev=False)
    parser.add_argument("--endpoint-url")
    parser.add_argument("--query", default="@")
    parser.add_argument("--output", choices=["json", "text"], default="json")
    parser.add_argument("service")
    parser.add_argument("operation")
    given, options = parser.parse_known_args(arguments)
    model = get_session().get_service_model(given.service)
    called = {xform_name(name, "-"): name for name in model.operation_names}
    if given.operation not in called:
        parser.error(f"{given.service} has no {given.operation}")
    operation = called[given.operation]
    shape: Any = model.operation_model(operation).input_shape
    values = parameters(operation, shape, options)
    if faults := ParamValidator().validate(values, shape).generate_report():
        parser.error(faults)
    return Call(given.service, operation, values, given.endpoint_url, given.query, given.output)


def parameters(operation: str, shape: Any, options: list[str]) -> dict[str, Any]:
    """An operation's parameters from options; a list's values follow its option."""
    parser = argparse.ArgumentParser(prog="aws", allow_abbrev=False, argument_default=argparse.SUPPRESS)
    readers = {"integer": int, "map": mapping, "structure": mapping}
    for name, member in shape.members.items():
        required = name in shape.required_members
        option = RENAMED.get((operation, name), f"--{xform_name(name, '-')}")
        if member.type_name == "boolean":
            parser.add_argument(option, dest=name, action="store_true", required=required)
            parser.add_argument(f"--no-{option[2:]}", dest=name, action="store_false")
            continue
        many = {"nargs": "+"} if member.type_name == "list" else {}
        reader: Any = readers.get(member.type_name, text)
        parser.add_argument(option, dest=name, type=reader, required=required, **many)
    return vars(parser.parse_args(options))


def text(given: str) -> str:
    """A value as it stands, or as the file holds it that it names."""
    try:
        return Path(given.removeprefix("file://")).read_text("utf-8") if given[:7] == "file://" else given
    except OSError as error:
        raise argparse.ArgumentTypeError(f"Unable to load paramfile {given}: {error}") from error


def mapping(given: str) -> Any:
    """A value in JSON, or in the shorthand `name=value,name=value`."""
    found = text(given).strip()
    value = _json(found) if found[:1] == "{" else _shorthand(found)
    for name in DOCUMENTS & value.keys():
        _json(value[name])
    return value


def _json(given: str) -> Any:
    try:
        return json.loads(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"Invalid JSON: {error}\nJSON received: {given}") from error


def _shorthand(given: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise argparse.ArgumentTypeError(f"Expected: '=', received: {given}")
    return {name: value for name, _, value in pairs}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
