"""The portal's rules for one notice, as on the vendor's page "Notice Message Produce"."""

from typing import Any

# The spellings of the page's own example; what the table of the same page says otherwise is refused here,
# so that a relay which forwards it unmended is seen.
_TEXTS = ("appName", "header", "body")
_TEXT_LISTS = ("tags", "features")
_STRINGS = ("appId", "url", "linkedAppId", "linkedMenuCode", "linkedStates")
_KNOWN = {"messageId", "messageType", "targetType", "targets", *_TEXTS, *_TEXT_LISTS, *_STRINGS}

Notice = dict[str, Any]


def fault_in_shape(notice: Any) -> str | None:
    """What is wrong with a notice before it is known whether it exists already, or None."""
    if not isinstance(notice, dict):
        return "message is not an object"
    if not _is_text(notice.get("messageId")):
        return "messageId is required"
    targets = notice.get("targets") or []
    if not isinstance(targets, list) or not all(_is_text(target) for target in targets):
        return "targets is not a list of user ids"
    return None


def fault_in_new(notice: Notice) -> str | None:
    """What keeps a notice from being created, or None. An existing one is sent whatever it says."""
    if unknown := sorted(set(notice) - _KNOWN):
        return f"{unknown[0]} is not a field of a message"
    return _fault_in_targets(notice) or _fault_in_texts(notice)


def _fault_in_targets(notice: Notice) -> str | None:
    kind, target_type, targets = (notice.get(key) for key in ("messageType", "targetType", "targets"))
    if type(kind) is not int or kind != 1:
        return "messageType must be 1"
    if type(target_type) is not int or target_type not in (0, 1):
        return "targetType must be 0 or 1"
    if target_type == 1 and not targets:
        return "targets is required when targetType is 1"
    return None


def _fault_in_texts(notice: Notice) -> str | None:
    for name in _STRINGS:
        if notice.get(name) is not None and not isinstance(notice[name], str):
            return f"{name} is not a string"
    if not notice.get("appId") and not notice.get("appName"):
        return "appName is required for an external application"
    for name in _TEXTS:
        if notice.get(name) is not None and not _is_international(notice[name]):
            return f"{name} needs defaultValue or en_US"
    for name in _TEXT_LISTS:
        entries = notice.get(name) or []
        if not isinstance(entries, list) or not all(_is_international(entry) for entry in entries):
            return f"{name} needs a list of defaultValue or en_US"
    return None


def application(notice: Notice) -> tuple[str, str]:
    """What makes two notices belong to one application: its appId, or an external one's default name."""
    if app_id := notice.get("appId"):
        return "id", app_id
    name = notice["appName"]
    return "name", name.get("defaultValue") or name["i18nValue"]["en_US"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_international(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("i18nValue") or {}, dict):
        return False
    translations = value.get("i18nValue") or {}
    texts = [value.get("defaultValue"), *translations.values()]
    if not all(isinstance(text, str) for text in texts if text is not None):
        return False
    return bool(value.get("defaultValue") or translations.get("en_US"))
