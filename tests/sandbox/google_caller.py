"""A plain caller of the sandbox's Google, with tokens as its own library gets them."""

from __future__ import annotations

import hashlib
import json
import time
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request

ACCOUNT = {"accountType": "GOOGLE_ADS", "accountId": "1112223333"}
MANAGER = {"accountType": "GOOGLE_ADS", "accountId": "9998887777"}
LISTS = "accountTypes/GOOGLE_ADS/accounts/1112223333/userLists"
SCOPE = "https://www.googleapis.com/auth/datamanager"
GRANTED = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
TERMS = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
DAY = 86_400


class Google:
    """Calls with a service account's token."""

    def __init__(self, server: Running) -> None:
        self.server, self.base = server, f"{server.url}/google/v1"

    def credentials(self, **changes: Any) -> Credentials:
        account = json.loads((self.server.home / "vendors" / "google" / "service_account.json").read_bytes())
        account |= {"token_uri": f"{self.server.url}/google/token"} | changes
        return Credentials.from_service_account_info(account, scopes=[SCOPE])

    @cached_property
    def token(self) -> str:
        found = self.credentials()
        found.refresh(Request())
        return str(found.token)

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **params: Any) -> Answer:
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        url = f"{self.base}/{path}" + (f"?{urlencode(params)}" if params else "")
        return request(url, headers, body, method)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.call("GET", path, **params)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def make_list(self, name: str, days: int = 540) -> str:
        body = {
            "displayName": name,
            "membershipDuration": f"{days * DAY}s",
            "ingestedUserListInfo": {"uploadKeyTypes": ["CONTACT_ID"]},
        }
        answer = self.call("POST", LISTS, body)
        assert answer.status == 200, answer.body
        return str(answer.json["id"])

    def members(self, verb: str, to: str | list[str], members: list[Any], **more: Any) -> Answer:
        ids = [to] if isinstance(to, str) else to
        body: dict[str, Any] = {
            "destinations": [
                {"reference": f"to-{key}", "operatingAccount": ACCOUNT, "loginAccount": MANAGER,
                 "productDestinationId": key}
                for key in ids
            ],
            "audienceMembers": members,
            "encoding": "HEX",
        }  # fmt: skip
        if verb == "ingest":
            body |= {"consent": GRANTED, "termsOfService": TERMS}
        return self.call("POST", f"audienceMembers:{verb}", body | more)

    def status(self, answer: Answer) -> list[dict[str, Any]]:
        """Wait until a request is processed; its status per destination."""
        assert answer.status == 200, answer.body
        for _ in range(600):
            found: list[dict[str, Any]] = self.get("requestStatus:retrieve", requestId=answer.json["requestId"])[
                "requestStatusPerDestination"
            ]
            if all(one["requestStatus"] != "PROCESSING" for one in found):
                return found
            time.sleep(0.02)
        raise AssertionError("the request is never processed")

    def held(self, key: str) -> set[frozenset[str]]:
        """The members that Google believes to be on a list."""
        found = request(f"{self.server.url}/google/_sandbox/lists/{key}", {}).json
        return {frozenset(one) for one in found["members"]}


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def person(*keys: str, **more: Any) -> dict[str, Any]:
    """A member of e-mails and phones, as hashes."""
    found = [{"emailAddress" if "@" in key else "phoneNumber": hashed(key)} for key in keys]
    return {"userData": {"userIdentifiers": found}, **more}


def keys(*texts: str) -> frozenset[str]:
    return frozenset(f"{'email' if '@' in text else 'phone'}:{hashed(text)}" for text in texts)


def error(answer: Answer) -> tuple[int, str]:
    """Status and reason of a refusal."""
    assert answer.status >= 400, answer.body
    found = answer.json["error"]
    assert found["code"] == answer.status
    (info,) = [one for one in found["details"] if one["@type"].endswith("ErrorInfo")]
    return answer.status, info["reason"]


def violations(answer: Answer) -> list[tuple[str, str]]:
    (bad,) = [one for one in answer.json["error"]["details"] if one["@type"].endswith("BadRequest")]
    return [(one["field"], one["reason"]) for one in bad["fieldViolations"]]
