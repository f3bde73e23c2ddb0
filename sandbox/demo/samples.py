"""One example of each of the 18 events, in the shape of the vendor's table; all ids are invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """An eventTag, the slug under which the relay's users know it, and content as the gateway sends it."""

    event_tag: str
    slug: str
    content: Mapping[str, Any]


def _contacts(tag: str, organizations: list[str], employees: list[str]) -> dict[str, Any]:
    return {"tag": tag, "tenantId": "196729", "organizationCodes": organizations, "employeeCodes": employees}


def _account(name: str, account_id: int) -> dict[str, Any]:
    return {
        "Namespace": "local",
        "AccountType": "1",
        "Account": name,
        "RealmId": 196729,
        "AccountId": account_id,
        "EmployeeCode": "GE_8b2f4c6d",
        "Source": "浙政钉后台",
        "TimeStamp": 1763798400123,
    }


def _outbound(kind: str, receivers: list[str], message_id: str) -> dict[str, Any]:
    return {"msgType": kind, "msgApp": "待办中心", "receivers": receivers, "bizMsgId": message_id}


_ORGANIZATION = "GO_3f6a1c2e9b7d4058"
_PARENT = "GO_a0b1c2d3e4f50617"
_EMPLOYEE = "GE_5d4c3b2a19087f6e"
_CONTENTS: dict[tuple[str, str], dict[str, Any]] = {
    ("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE", "organization-add-update"): {
        **_contacts("ORGANIZATION_ADD_UPDATE", [_ORGANIZATION], []),
        "organizationName": "市大数据发展管理局",
    },
    ("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_PARENT_CHANGED", "organization-parent-changed"): _contacts(
        "ORGANIZATION_PARENT_CHANGED", [_ORGANIZATION, _PARENT], []
    ),
    ("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_REMOVE", "organization-remove"): _contacts(
        "ORGANIZATION_REMOVE", [_ORGANIZATION], []
    ),
    ("MOZI_VDS_TENANT_CHANGE|EMPLOYEE_ADD_UPDATE", "employee-add-update"): {
        **_contacts("EMPLOYEE_ADD_UPDATE", [], [_EMPLOYEE]),
        "employeeName": "欧阳晓明",
    },
    ("MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE", "employee-leave"): _contacts("EMPLOYEE_LEAVE", [], [_EMPLOYEE]),
    ("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ATTACH_EMPLOYEE", "organization-attach-employee"): _contacts(
        "ORGANIZATION_ATTACH_EMPLOYEE", [_ORGANIZATION], [_EMPLOYEE, "GE_6e7f80912a3b4c5d"]
    ),
    ("MOZI_VDS_TENANT_CHANGE|ORGANIZATION_DETACH_EMPLOYEE", "organization-detach-employee"): _contacts(
        "ORGANIZATION_DETACH_EMPLOYEE", [_ORGANIZATION], [_EMPLOYEE]
    ),
    ("MOZI_BUC_ACCOUNT_MODIFY_REALM|change_account_name", "account-change-name"): _account("张伟", 5300101),
    ("MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen", "account-frozen"): _account("李娜", 5300102),
    ("MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen", "account-unfrozen"): _account("李娜", 5300102),
    ("openplatform_app_update|openplatform_app_update_tag", "app-update"): {
        "appName": "统一待办",
        "realmId": "196729",
        "updateType": "ONLINE",
    },
    ("notification_send_event|SendSuccessMsg", "notification-send-success"): {
        "bizMsgId": "biz-7001",
        "tenantId": "196729",
        "status": "success",
        "successTime": "1763798400456",
    },
    ("notification_client_ack|SuccessAcceptMsg", "notification-client-ack"): {
        "msgId": "msg-7002",
        "tenantId": "196729",
        "bizChannel": "工作通知",
        "ackTime": 1763798400789,
    },
    ("notification_client_ack|nc-outBound-msg_pushed", "notification-pushed"): _outbound(
        "工作通知", ["1001", "1002"], "biz-7003"
    ),
    ("notification_client_ack|nc-outBound-msg_fail", "notification-failed"): _outbound(
        "工作通知", ["1003"], "biz-7004"
    ),
    ("notification_client_ack|nc-outBound-msg_revoked", "notification-revoked"): _outbound(
        "审批提醒", ["1001"], "biz-7005"
    ),
    ("notification_client_ack|nc-outBound-msg_read", "notification-read"): _outbound(
        "审批提醒", ["1002"], "biz-7006"
    ),
    ("ding_create_event|FAILED_ACCOUNT_ID", "ding-failed-account"): {
        "tag": "FAILED_ACCOUNT_ID",
        "tenantId": "196729",
        "accountId": "5300103",
    },
}

SAMPLES = tuple(Sample(tag, slug, content) for (tag, slug), content in _CONTENTS.items())
BY_SLUG = {sample.slug: sample for sample in SAMPLES}

# A kind that the vendor's table does not have: the relay keeps it and publishes it as unclassified.
UNKNOWN = Sample(
    "MOZI_SANDBOX_TOPIC|SOMETHING_NEW", "unclassified", {"说明": "目录中没有的事件", "tenantId": "196729"}
)
