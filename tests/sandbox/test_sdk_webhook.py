"""The specification's own library verifies what we send, and what it signs the sandbox's receiver takes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from activation.destinations import webhook
from sandbox.server import Running
from tests.sandbox.conftest import request

SECRET = "whsec_c2VsdmFnZS1zYW5kYm94LXdlYmhvb2stc2VjcmV0"
MESSAGE: dict[str, Any] = {
    "type": "audience.members.add",
    "audience": "sdk",
    "rows": [{"customer_id": "c_1", "email": "sdk@example.com"}],
}


def test_the_library_verifies_our_signature() -> None:
    content, now = json.dumps(MESSAGE).encode(), int(time.time())
    for secret in (SECRET, f"whsec_{'QUJD' * 8} {SECRET}"):
        headers = webhook.signature(secret, "msg_1", now, content)
        assert Webhook(SECRET).verify(content, headers) == MESSAGE
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(content + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(content, webhook.signature(SECRET, "msg_1", now - 301, content))


def test_the_published_vector() -> None:
    """Of the specification's own test suites, in every language."""
    headers = webhook.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_receiver_takes_what_the_library_signed(server: Running) -> None:
    content, now = json.dumps(MESSAGE), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_sdk",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_sdk", now, content),
        "Content-Type": "application/json",
    }
    answer = request(f"{server.url}/webhook/rows", headers, content.encode())
    assert answer.status == 200
    assert answer.json == {"results": [{"customer_id": "c_1", "status": "accepted", "reason": None}]}
