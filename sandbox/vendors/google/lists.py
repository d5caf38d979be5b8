"""User lists of one Google Ads account: made, listed by pages, looked at, changed, deleted.

A list takes one kind of key (``uploadKeyTypes``, which never changes) and forgets its members after
``membershipDuration``, at most 540 days. Sizes per network are told from a hundred people on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.context import Context
from sandbox.vendors.google.gate import ApiError, Call, invalid, name_of

ACCOUNT, LOGIN_ACCOUNTS = "1112223333", ("1112223333", "9998887777")
KEY_TYPES = ("UPLOAD_KEY_TYPE_UNSPECIFIED", "CONTACT_ID", "MOBILE_ID", "USER_ID", "PAIR_ID", "PSEUDONYMOUS_ID")
DATA_SOURCES = (
    "DATA_SOURCE_TYPE_UNSPECIFIED", "DATA_SOURCE_TYPE_FIRST_PARTY", "DATA_SOURCE_TYPE_THIRD_PARTY_CREDIT_BUREAU",
    "DATA_SOURCE_TYPE_THIRD_PARTY_VOTER_FILE", "DATA_SOURCE_TYPE_THIRD_PARTY_PARTNER_DATA",
)  # fmt: skip
OPENNESS = ("MEMBERSHIP_STATUS_UNSPECIFIED", "OPEN", "CLOSED")
MOST_DAYS, DAY_SECONDS = 540, 86_400
PAGE_ROWS, MOST_ROWS = 50, 1_000
LEAST_TOLD = 100
NETWORKS = ("displayNetwork", "searchNetwork", "youtube", "gmail")
FIRST_ID = 555_000_000
TABLE = """create table if not exists google_lists (
    list_id integer primary key, name text not null, description text not null, days integer not null,
    key_type text not null, openness text not null, gone integer not null default 0)"""
COLUMNS = ("list_id", "name", "description", "days", "key_type", "openness")


class Lists:
    """The calls on lists; who is on them is the members' affair."""

    def __init__(self, context: Context) -> None:
        self._state = context.state
        self.size_of: Callable[[dict[str, Any]], int] = lambda _row: 0
        context.state.execute(TABLE)

    def rows(self, condition: str = "", *values: Any) -> list[dict[str, Any]]:
        query = f"select {', '.join(COLUMNS)} from google_lists where not gone {condition} order by list_id"
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._state.rows(query, values)]

    def find(self, key: str) -> dict[str, Any] | None:
        found = self.rows("and list_id = ?", int(key)) if key.isdigit() else []
        return found[0] if found else None

    def create(self, call: Call) -> dict[str, Any]:
        _admit(call)
        info = call.body.get("ingestedUserListInfo") or {}
        types = [name_of(one, KEY_TYPES, "ingested_user_list_info") for one in info.get("uploadKeyTypes") or ()]
        if not types:
            raise invalid(("ingested_user_list_info.upload_key_types", "REQUIRED_FIELD_MISSING"))
        if types != ["CONTACT_ID"]:
            raise invalid(("ingested_user_list_info.upload_key_types", "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES"))
        name_of((info.get("contactIdInfo") or {}).get("dataSourceType"), DATA_SOURCES, "data_source_type")
        name, days = self._name(call.body.get("displayName")), _days(call.body.get("membershipDuration"))
        openness = name_of(call.body.get("membershipStatus"), OPENNESS, "membership_status")
        row = {
            "list_id": 0, "name": name, "description": str(call.body.get("description") or ""), "days": days,
            "key_type": types[0], "openness": "CLOSED" if openness == "CLOSED" else "OPEN",
        }  # fmt: skip
        if call.is_trial:
            return {}
        with self._state.together():
            ((row["list_id"],),) = self._state.rows(f"select coalesce(max(list_id), {FIRST_ID}) + 7 from google_lists")
            self._state.execute(
                f"insert into google_lists ({', '.join(COLUMNS)}) values (?, ?, ?, ?, ?, ?)", tuple(row.values())
            )
        return self._document(row)

    def update(self, call: Call) -> dict[str, Any]:
        """PATCH with an update mask; names of fields in the mask may be written in either way."""
        row = self._one(call)
        for field in filter(None, (_snake(one) for one in call.query("updateMask").split(","))):
            if field == "display_name":
                row["name"] = self._name(call.body.get("displayName"), row["list_id"])
            elif field == "description":
                row["description"] = str(call.body.get("description") or "")
            elif field == "membership_duration":
                row["days"] = _days(call.body.get("membershipDuration"))
            elif field == "membership_status":
                row["openness"] = name_of(call.body.get("membershipStatus"), OPENNESS, field)
            else:
                reason = "IMMUTABLE_FIELD_FOR_UPDATE" if field.startswith("ingested") else "INVALID_UPDATE_MASK"
                raise invalid((field, reason))
        if not call.is_trial:
            self._state.execute(
                "update google_lists set name = ?, description = ?, days = ?, openness = ? where list_id = ?",
                (row["name"], row["description"], row["days"], row["openness"], row["list_id"]),
            )
        return self._document(row)

    def get(self, call: Call) -> dict[str, Any]:
        return self._document(self._one(call))

    def delete(self, call: Call) -> dict[str, Any]:
        row = self._one(call)
        if not call.is_trial:
            self._state.execute("update google_lists set gone = 1 where list_id = ?", (row["list_id"],))
        return {}

    def index(self, call: Call) -> dict[str, Any]:
        _admit(call)
        if call.query("filter"):
            raise invalid(("filter", "INVALID_FILTER"))  # the grammar of filters is not imitated
        size, token = call.query("pageSize", "0"), call.query("pageToken", "0")
        if not size.isdigit() or not token.isdigit():
            raise invalid(("page_token", "INVALID_PAGE_TOKEN"))
        rows = self.rows("and list_id > ?", int(token))
        chosen = rows[: min(int(size) or PAGE_ROWS, MOST_ROWS)]
        found: dict[str, Any] = {"userLists": [self._document(row) for row in chosen]}
        if len(chosen) < len(rows):
            found["nextPageToken"] = str(chosen[-1]["list_id"])
        return found

    def _one(self, call: Call) -> dict[str, Any]:
        _admit(call)
        found = self.find(call.path["id"])
        if found is None:
            raise ApiError(404, "NOT_FOUND", "Resource was not found.")
        return found

    def _name(self, given: Any, key: int = 0) -> str:
        name = str(given or "").strip()
        if not name:
            raise invalid(("display_name", "REQUIRED_FIELD_MISSING"))
        if self.rows("and name = ? and list_id <> ?", name, key):
            raise invalid(("display_name", "DISPLAY_NAME_ALREADY_USED"))
        return name

    def _document(self, row: dict[str, Any]) -> dict[str, Any]:
        key, size = str(row["list_id"]), self.size_of(row)
        told = str(size if size >= LEAST_TOLD else 0)
        return {
            "name": f"accountTypes/GOOGLE_ADS/accounts/{ACCOUNT}/userLists/{key}",
            "id": key,
            "displayName": row["name"],
            "description": row["description"],
            "membershipStatus": row["openness"],
            "membershipDuration": f"{row['days'] * DAY_SECONDS}s",
            "accessReason": "OWNED",
            "accountAccessStatus": "ENABLED",
            "sizeInfo": {f"{network}MembersCount": told for network in NETWORKS},
            "targetNetworkInfo": {"eligibleForSearch": size >= LEAST_TOLD, "eligibleForDisplay": size >= LEAST_TOLD},
            "ingestedUserListInfo": {
                "uploadKeyTypes": [row["key_type"]],
                "contactIdInfo": {"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"},
            },
        }


def check_account(operating: str, login: str) -> None:
    """Raises ApiError unless the service account may use this account by that login account."""
    if operating != ACCOUNT or login not in LOGIN_ACCOUNTS:
        raise ApiError(403, "PERMISSION_DENIED", "The user does not have permission or the resource is not found.")


def _admit(call: Call) -> None:
    if call.path["type"] != "GOOGLE_ADS":
        raise ApiError(403, "PERMISSION_DENIED", "The user does not have permission or the resource is not found.")
    header = call.request.headers.get("login-account", f"accountTypes/GOOGLE_ADS/accounts/{call.path['account']}")
    check_account(call.path["account"], header.rsplit("/", 1)[-1])


def _days(given: Any) -> int:
    """Whole days from a duration in seconds ("7776000s")."""
    found = re.fullmatch(r"(\d+)s", str(given or f"{MOST_DAYS * DAY_SECONDS}s"))
    if not found or int(found[1]) % DAY_SECONDS or not int(found[1]):
        raise invalid(("membership_duration", "INVALID_FORMAT"))
    days = int(found[1]) // DAY_SECONDS
    if days > MOST_DAYS:
        raise invalid(("membership_duration", "MEMBERSHIP_DURATION_TOO_LONG"), reason="MEMBERSHIP_DURATION_TOO_LONG")
    return days


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name.strip()).lower()
