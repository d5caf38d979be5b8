"""A plain caller of the sandbox's TikTok."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request

ADVERTISER, OTHER = "7000000000000000001", "7000000000000000002"
APP = {"app_id": "7100000000000000001", "secret": "tiktok_secret"}
EMAIL, PHONE = "EMAIL_SHA256", "PHONE_SHA256"


class TikTok:
    """Calls as one advertiser, with the token in a header."""

    def __init__(self, server: Running, advertiser: str = ADVERTISER) -> None:
        self.server, self.base, self.advertiser = server, f"{server.url}/tiktok/open_api/v1.3", advertiser
        self.headers = {"Access-Token": "tiktok_sandbox"}

    def get(self, path: str, **params: Any) -> Any:
        """Lists are JSON in the address."""
        given = {"advertiser_id": self.advertiser, **params}
        coded = urlencode({name: json.dumps(one) if isinstance(one, list) else one for name, one in given.items()})
        return envelope(request(f"{self.base}/{path}/?{coded}", self.headers))

    def post(self, path: str, **body: Any) -> Any:
        headers = {**self.headers, "Content-Type": "application/json"}
        return envelope(request(f"{self.base}/{path}/", headers, {"advertiser_id": self.advertiser, **body}))

    def ok(self, path: str, **body: Any) -> dict[str, Any]:
        """The data of a call that must succeed."""
        answer = self.post(path, **body)
        assert answer["code"] == 0, answer
        return dict(answer["data"])

    def upload(self, lines: list[str], kind: str = EMAIL, signature: str | None = None) -> Any:
        content, boundary = "\n".join(lines).encode(), uuid.uuid4().hex
        given = {
            "advertiser_id": self.advertiser,
            "calculate_type": kind,
            "file_signature": signature or hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in given.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {**self.headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        return envelope(request(f"{self.base}/dmp/custom_audience/file/upload/", headers, body))

    def from_file(self, lines: list[str], **more: Any) -> str:
        path = self.upload(lines)["data"]["file_path"]
        given = {"custom_audience_name": "From a file", "file_paths": [path], "calculate_type": EMAIL, **more}
        return str(self.ok("dmp/custom_audience/create", **given)["custom_audience_id"])

    def segment(self, name: str = "A segment") -> str:
        return str(self.ok("segment/audience", custom_audience_name=name, action="create")["audience_id"])

    def map(self, action: str, schema: list[str], rows: list[Any], advertisers: list[str] | None = None) -> Any:
        given = {"advertiser_ids": advertisers or [self.advertiser], "action": action}
        return self.post("segment/mapping", **given, id_schema=schema, batch_data=rows)

    def details(self, audience: str) -> dict[str, Any]:
        (found,) = self.get("dmp/custom_audience/get", custom_audience_ids=[audience])["data"]["list"]
        return dict(found["audience_details"])

    def held(self, audience: str) -> set[tuple[str, str]]:
        return {(key, value) for key, value in self.believed(audience)["held"]}

    def believed(self, audience: str) -> dict[str, Any]:
        return dict(request(f"{self.server.url}/tiktok/_sandbox/audiences/{audience}", {}).json)

    def track(self, rows: list[Any], source: str = "web", key: str = "CSELVAGE00PIXEL00001", **more: Any) -> int:
        """The code of the answer."""
        return int(self.post("event/track", event_source=source, event_source_id=key, data=rows, **more)["code"])

    def events(self, kind: str = "events") -> list[dict[str, Any]]:
        """Those that count."""
        return list(request(f"{self.server.url}/tiktok/_sandbox/events", {}).json[kind])

    def wait(self, audience: str) -> None:
        """Until the audience is no longer being processed."""
        for _ in range(600):
            if self.details(audience)["status"] != "PROCESSING":
                return
            time.sleep(0.02)
        raise AssertionError("the audience stays in processing")


def envelope(answer: Answer) -> Any:
    """The body of any answer: the status is 200 also for errors."""
    assert answer.status == 200, answer.body
    assert set(answer.json) == {"code", "message", "request_id", "data"}
    return answer.json


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def cell(text: str, *audiences: str) -> dict[str, Any]:
    return {"id": hashed(text), "audience_ids": list(audiences)}
