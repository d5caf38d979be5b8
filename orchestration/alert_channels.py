"""Where alerts go: a webhook that takes Slack's form, and mail over SMTP. Each is used when its settings are given.

``ALERTS_WEBHOOK_URL``  gets ``{"text": ...}``, as incoming webhooks of Slack, Mattermost and Google Chat take it.
``ALERTS_SMTP_URL``     smtp://user:password@host:587 (TLS from the first line that the server offers it) or smtps://...;
                        with ``ALERTS_MAIL_FROM`` and ``ALERTS_MAIL_TO`` (several apart by commas).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from dlt.sources.helpers import requests

import selvage

SETTINGS = {"webhook_url": "", "smtp_url": "", "mail_from": "", "mail_to": ""}
TIMEOUT_SECONDS = 15
ATTEMPTS = 3
PORTS = {"smtp": 587, "smtps": 465}


class ChannelError(RuntimeError):
    """A channel could not be told; the text names neither its address nor its password."""


class Channel(Protocol):
    """One way to reach people."""

    name: str

    def send(self, title: str, lines: Sequence[str]) -> None:
        """Raises ChannelError."""


@dataclass
class Webhook:
    url: str = field(repr=False)
    name: str = "webhook"

    def send(self, title: str, lines: Sequence[str]) -> None:
        session = requests.Client(request_timeout=TIMEOUT_SECONDS, request_max_attempts=ATTEMPTS).session
        try:
            session.post(
                self.url, json={"text": "\n".join([title, *(f"- {line}" for line in lines)])}
            ).raise_for_status()
        except requests.RequestException as failed:
            status = f" {failed.response.status_code}" if failed.response is not None else ""
            raise ChannelError(f"the webhook answered {type(failed).__name__}{status}") from None


@dataclass
class Mail:
    url: str = field(repr=False)
    sender: str = field(repr=False)
    recipients: Sequence[str] = field(repr=False)
    name: str = "mail"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("ALERTS_SMTP_URL must be smtp://[user:password@]host[:port] or smtps://...")

    def send(self, title: str, lines: Sequence[str]) -> None:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = title, self.sender, ", ".join(self.recipients)
        message.set_content("\n".join(lines) + "\n")
        try:
            with self._server() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as failed:
            code = getattr(failed, "smtp_code", None)
            raise ChannelError(f"the mail server answered {type(failed).__name__} {code or ''}".rstrip()) from None

    def _server(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        address = (str(parts.hostname), parts.port or PORTS[parts.scheme])
        tls = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=TIMEOUT_SECONDS, context=tls)
        else:
            server = smtplib.SMTP(*address, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=tls)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


def configured() -> list[Channel]:
    """The channels whose settings are given. Raises MissingSettings where mail lacks its addresses."""
    given = selvage.vendor("alerts", SETTINGS)
    found: list[Channel] = [Webhook(given["webhook_url"])] if given["webhook_url"] else []
    if given["smtp_url"]:
        needed = selvage.vendor("alerts", {"mail_from": selvage.REQUIRED, "mail_to": selvage.REQUIRED})
        recipients = [address.strip() for address in needed["mail_to"].split(",")]
        found.append(Mail(given["smtp_url"], needed["mail_from"], recipients))
    return found
