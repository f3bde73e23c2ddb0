"""The two queues as channels of the AsyncAPI document."""

import json
from typing import Any

from operate.reference import examples
from operate.reference.texts import TEXTS

type Node = dict[str, Any]

# The newest version of the binding that the vendor's schema of AsyncAPI 3.0.0 lets pass.
_SQS = "0.2.0"
_DAYS_14 = 1_209_600
# As template.yaml has them; CloudFormation makes the real names of these.
DEAD_LETTERS: Node = {
    "name": "NoticeDeadLetterQueue",
    "fifoQueue": False,
    "messageRetentionPeriod": _DAYS_14,
}
NOTICES: Node = {
    "name": "NoticeQueue",
    "fifoQueue": False,
    "visibilityTimeout": 420,
    "messageRetentionPeriod": _DAYS_14,
    "redrivePolicy": {"deadLetterQueue": {"name": "NoticeDeadLetterQueue"}, "maxReceiveCount": 1000},
}


def channels() -> dict[str, Node]:
    """The notice queue and the dead-letter queue."""
    page = TEXTS.page
    taken = {"queue": NOTICES, "deadLetterQueue": DEAD_LETTERS}
    return {
        "notices": _queue("noticeQueueUrl", page.notice_heading.en, {"notices": _notices()}, taken),
        "dead-letters": _queue(
            "noticeDeadLetterQueueUrl",
            page.dead_letter_heading.en,
            {"notice": _rejected(), "record": _unread()},
            {"queue": DEAD_LETTERS},
        ),
    }


def _queue(parameter: str, title: str, messages: Node, binding: Node) -> Node:
    output = parameter[0].upper() + parameter[1:]
    return {
        "address": f"{{{parameter}}}",
        "title": title,
        "servers": [{"$ref": "#/servers/sqs"}],
        "parameters": {parameter: {"description": f"The stack's output {output}."}},
        "messages": messages,
        "bindings": {"sqs": {**binding, "bindingVersion": _SQS}},
    }


def _notices() -> Node:
    bodies = enumerate(examples.notice_messages(), 1)
    return {
        "name": "notices",
        "title": TEXTS.notice_message.title.en,
        "summary": TEXTS.notice_message.about.en,
        "contentType": "application/json",
        "payload": {"$ref": "./schemas/notice-message.json"},
        "examples": [{"name": f"example-{number}", "payload": body} for number, body in bodies],
    }


def _rejected() -> Node:
    notice, _ = examples.dead_letters()
    return {
        "name": "notice",
        "title": TEXTS.dead_letter.title.en,
        "summary": TEXTS.dead_letter.about.en,
        "contentType": "application/json",
        "headers": {"$ref": "./schemas/dead-letter-attributes.json"},
        "payload": {"$ref": "./schemas/dead-letter.json"},
        "examples": [
            {"name": "example-1", "headers": notice.attributes, "payload": json.loads(notice.body)},
        ],
    }


def _unread() -> Node:
    _, record = examples.dead_letters()
    return {
        "name": "record",
        "title": TEXTS.dead_letter.unread_title.en,
        "summary": TEXTS.dead_letter.unread.en,
        "contentType": "text/plain",
        "headers": {"$ref": "./schemas/dead-letter-attributes.json"},
        "payload": {"type": "string", "description": TEXTS.dead_letter.unread.en},
        "examples": [{"name": "example-1", "headers": record.attributes, "payload": record.body}],
    }
