"""The notices that the demo's application sends, written as the vendor's page and its example have it."""

from typing import Any

_NAME = {
    "defaultValue": "统一待办",
    "i18nValue": {"zh_CN": "统一待办", "en_US": "Unified To-do"},
}


def notice(number: int, message_id: str, users: tuple[str, ...]) -> dict[str, Any]:
    """A notice for one user, every tenth for everybody; spelled as in the example or as in the table."""
    everybody = number % 10 == 0
    common = {
        "messageId": message_id,
        "messageType": 1,
        "targetType": 0 if everybody else 1,
        "url": f"https://todo.example.com/items/{message_id}",
    }
    if not everybody:
        common["targets"] = [users[number % len(users)], "u-gone"]
    return {**common, **(_as_in_example if number % 2 else _as_in_table)(number)}


def _as_in_example(number: int) -> dict[str, Any]:
    header = {"zh_CN": f"第{number}号审批待办", "en_US": f"Approval {number}"}
    return {
        "appName": _NAME,
        "header": {"defaultValue": header["zh_CN"], "i18nValue": header},
        "body": {"defaultValue": "请于三日内办结。", "i18nValue": {"en_US": "Due in three days."}},
        "tags": [{"defaultValue": "紧急", "i18nValue": {"zh_CN": "紧急", "en_US": "Urgent"}}],
    }


def _as_in_table(number: int) -> dict[str, Any]:
    """Header and tag as the page's table spells them, texts flat as in a sibling API."""
    header = {"default": f"第{number}号通知", "zh_CN": f"第{number}号通知", "en_US": f"Notice {number}"}
    return {
        "appName": {"default": "统一待办", "zh_CN": "统一待办", "en_US": "Unified To-do"},
        "Header": header,
        "tag": [{"default": "普通", "en_US": "Normal"}],
    }
