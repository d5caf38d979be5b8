"""A plain caller of the sandbox's Mailchimp."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import time
from typing import Any

from sandbox.server import Running
from tests.sandbox.conftest import Answer, request

KEY, LIST_ID = "mailchimp0sandbox-us21", "a1b2c3d4e5"


class Mailchimp:
    def __init__(self, server: Running, key: str = KEY):
        self.server, self.base = server, f"{server.url}/mailchimp/3.0"
        login = base64.b64encode(f"anybody:{key}".encode()).decode()
        self.headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}

    @staticmethod
    def key(email: str) -> str:
        return hashlib.md5(email.lower().encode()).hexdigest()

    def call(self, method: str, path: str, body: Any = None, *, is_of_list: bool = True) -> Answer:
        place = f"lists/{LIST_ID}/{path}".rstrip("/") if is_of_list else path
        return request(f"{self.base}/{place}", self.headers, body, method)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        return dict(answer.json)

    def put(self, email: str, **body: Any) -> dict[str, Any]:
        answer = self.call("PUT", f"members/{self.key(email)}", {"email_address": email, **body})
        assert answer.status == 200, answer.body
        return dict(answer.json)

    def batch(self, operations: list[tuple[str, str, Any]]) -> dict[str, dict[str, Any]]:
        """Do operations, wait for them: operation_id (its number) -> status_code and response."""
        if not operations:
            return {}
        rows = [
            {
                "method": method,
                "path": f"/lists/{LIST_ID}/{path}",
                "operation_id": str(number),
                "body": json.dumps(body or {}),
            }
            for number, (method, path, body) in enumerate(operations)
        ]
        batch = self.call("POST", "batches", {"operations": rows}, is_of_list=False).json
        for _ in range(600):
            if batch["status"] == "finished":
                break
            time.sleep(0.02)
            batch = self.call("GET", f"batches/{batch['id']}", is_of_list=False).json
        assert batch["status"] == "finished", batch
        found = {}
        with tarfile.open(fileobj=io.BytesIO(request(batch["response_body_url"], {}).body), mode="r:gz") as archive:
            for part in archive:
                for one in json.load(archive.extractfile(part)):  # type: ignore[arg-type]
                    found[one["operation_id"]] = one
        return found
