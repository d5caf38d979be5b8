"""Who is on a list: members ingested, removed one by one or all that were last added before a moment.

A request is checked as a whole and then processed row by row: rows without both consents are refused and counted. A
member is what was sent, a set of identifiers; the same set again renews it, and it leaves the list when its duration
has passed. One identifier in common is enough to be removed. Google's users are no part of the world: three of five
identifiers, by their own digits, are taken to be known, which makes sizes and match rates.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.context import Context
from sandbox.vendors.google import payload
from sandbox.vendors.google.gate import Call, invalid, name_of
from sandbox.vendors.google.lists import Lists
from sandbox.vendors.google.statuses import Statuses

MOST_MEMBERS = 10_000
KNOWN_OF_TEN = 6
RATES = (
    (20, "LESS_THAN_20"), (30, "20_TO_30"), (40, "31_TO_40"), (50, "41_TO_50"), (60, "51_TO_60"), (70, "61_TO_70"),
    (80, "71_TO_80"), (90, "81_TO_90"), (100, "91_TO_100"),
)  # fmt: skip
TABLES = (
    """create table if not exists google_members (
        list_id integer not null, member text not null, added text not null, primary key (list_id, member))""",
    """create table if not exists google_keys (
        list_id integer not null, member text not null, key text not null, primary key (list_id, member, key))""",
    "create index if not exists google_keys_by_key on google_keys (list_id, key)",
)
Row = tuple[list[str], tuple[str, str], list[int]]
"""Identifiers, consent, places of the destinations."""


class Members:
    """The members of all lists."""

    def __init__(self, context: Context, lists: Lists, statuses: Statuses) -> None:
        self._context, self._lists, self._statuses, self._state = context, lists, statuses, context.state
        for table in TABLES:
            context.state.execute(table)
        lists.size_of = self.size

    def ingest(self, call: Call) -> dict[str, Any]:
        terms = (call.body.get("termsOfService") or {}).get("customerMatchTermsOfServiceStatus")
        is_unsigned = self._context.faults.take("google", "terms_not_accepted")
        if name_of(terms, payload.TERMS, "terms_of_service") != "ACCEPTED" or is_unsigned:
            raise invalid(("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED"),
                          reason="TERMS_AND_CONDITIONS_NOT_SIGNED")  # fmt: skip
        return self._process(call, "ingest")

    def remove(self, call: Call) -> dict[str, Any]:
        return self._process(call, "remove")

    def remove_all(self, call: Call) -> dict[str, Any]:
        """Drop whoever was last added before a moment; everybody if none is named."""
        to = payload.destinations(call)
        lists = self._lists_of(to)
        before = _moment(call.body.get("removeAsOfTime"), self._context.clock.now)
        if call.is_trial:
            return {}
        with self._state.together():
            for key in lists:
                gone = self._state.rows(
                    "select member from google_members where list_id = ? and added < ?", (key, before)
                )
                self._drop(key, [member for (member,) in gone])
        return {"requestId": self._statuses.note("remove_all", to, 0, {})}

    def _process(self, call: Call, kind: str) -> dict[str, Any]:
        to = payload.destinations(call)
        lists = self._lists_of(to)
        rows = self._read(call, to, kind)
        if call.is_trial:
            return {}
        errors: dict[str, list[int]] = defaultdict(list)
        taken: list[Row] = []
        is_failed = self._statuses.fails()
        for place, row in enumerate(rows):
            reason = payload.refusal_of(row[1]) if kind == "ingest" else None
            if reason:
                errors[reason].append(place)
            elif not is_failed:
                taken.append(row)
        with self._state.together():
            for place, key in enumerate(lists):
                keys = [row[0] for row in taken if place in row[2]]
                if kind == "ingest":
                    self._hold(key, keys)
                else:
                    self._drop(key, self._sharing(key, keys))
        detail = {"userIdentifierCount": str(sum(len(row[0]) for row in rows))}
        if kind == "ingest":
            detail["uploadMatchRateRange"] = _rate(sum(_is_known(row[0]) for row in rows), len(rows))
        noted = self._statuses.note(kind, to, len(rows), errors, detail=detail, is_failed=is_failed)
        return {"requestId": noted}

    def _read(self, call: Call, to: list[dict[str, Any]], kind: str) -> list[Row]:
        given = call.body.get("audienceMembers")
        if not isinstance(given, list) or not given:
            raise invalid(("audience_members", "REQUIRED_FIELD_MISSING"))
        if len(given) > MOST_MEMBERS:
            raise invalid(("audience_members", "TOO_MANY_AUDIENCE_MEMBERS"), reason="TOO_MANY_AUDIENCE_MEMBERS")
        encoded = payload.encoding(call)
        nothing = (payload.CONSENTS[0], payload.CONSENTS[0])
        default = payload.consent(call.body.get("consent") if kind == "ingest" else None, nothing, "consent")
        wrong: payload.Violations = []
        rows: list[Row] = []
        for place, one in enumerate(given):
            field = f"audience_members.audience_members[{place}]"
            payload.known(one, (*payload.KINDS, "consent", "destinationReferences"), field)
            if [name for name in payload.KINDS if name in one] != ["userData"]:
                wrong.append((field, "INVALID_USER_LIST_TYPE" if len(one) else "INVALID_AUDIENCE_MEMBER"))
                continue
            keys, problems = payload.identifiers(one["userData"], encoded, f"{field}.user_data")
            wrong += problems
            consent = payload.consent(one.get("consent"), default, f"{field}.consent")
            rows.append((keys, consent, payload.recipients(one, to, field)))
        payload.reject(wrong)
        return rows

    def _lists_of(self, to: list[dict[str, Any]]) -> list[int]:
        found = []
        for place, one in enumerate(to):
            row = self._lists.find(str(one["productDestinationId"]))
            if row is None:
                field = f"destinations.destinations[{place}].product_destination_id"
                raise invalid((field, "INVALID_USER_LIST_ID"), reason="INVALID_USER_LIST_ID")
            found.append(int(row["list_id"]))
        return found

    def _hold(self, key: int, members: list[list[str]]) -> None:
        now = _text(self._context.clock.now)
        named = [(_name(keys), keys) for keys in members]
        self._state.execute_many(
            "insert into google_members values (?, ?, ?) on conflict do update set added = excluded.added",
            ((key, member, now) for member, _ in named),
        )
        self._state.execute_many(
            "insert or ignore into google_keys values (?, ?, ?)",
            ((key, member, one) for member, keys in named for one in keys),
        )

    def _sharing(self, key: int, members: list[list[str]]) -> list[str]:
        found: set[str] = set()
        for one in {one for keys in members for one in keys}:
            rows = self._state.rows("select member from google_keys where list_id = ? and key = ?", (key, one))
            found |= {member for (member,) in rows}
        return sorted(found)

    def _drop(self, key: int, members: list[str]) -> None:
        for table in ("google_members", "google_keys"):
            self._state.execute_many(
                f"delete from {table} where list_id = ? and member = ?", ((key, member) for member in members)
            )

    def held(self, key: int, days: int) -> list[list[str]]:
        """The identifiers of each member whose time has not passed, by when it came and what it is."""
        since = _text(self._context.clock.now - timedelta(days=days))
        found: dict[str, list[str]] = {}
        for member, one in self._state.rows(
            "select m.member, k.key from google_members m join google_keys k using (list_id, member) "
            "where m.list_id = ? and m.added > ? order by m.member, k.key",
            (key, since),
        ):
            found.setdefault(member, []).append(one)
        return list(found.values())

    def size(self, row: dict[str, Any]) -> int:
        return sum(_is_known(keys) for keys in self.held(row["list_id"], row["days"]))

    def believed(self, key: str | None = None) -> dict[str, Any]:
        """What Google believes, told to tests only: per list the members it holds now."""
        found = [
            {"id": str(row["list_id"]), "name": row["name"], "days": row["days"],
             "members": self.held(row["list_id"], row["days"])}
            for row in self._lists.rows()
        ]  # fmt: skip
        if key is None:
            return {"lists": found}
        return next((one for one in found if one["id"] == key), {})


def _name(keys: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def _is_known(keys: list[str]) -> bool:
    return any(int(_name([one])[:8], 16) % 10 < KNOWN_OF_TEN for one in keys if not one.startswith("address:"))


def _rate(matched: int, rows: int) -> str:
    share = 100 * matched / rows
    return "MATCH_RATE_RANGE_" + next(name for top, name in RATES if share <= top)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(given: Any, now: datetime) -> str:
    """The time before which members go: never in the future; all of them when it is not said."""
    if given is None:
        return "9"
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        raise invalid(("remove_as_of_time", "INVALID_FORMAT")) from None
    if moment.tzinfo is None or moment > now:
        raise invalid(("remove_as_of_time", "INVALID_REMOVE_AS_OF_TIME"), reason="INVALID_REMOVE_AS_OF_TIME")
    return _text(moment)
