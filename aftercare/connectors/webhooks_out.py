"""Sends webhooks: signed as Standard Webhooks describes, or as a line of text to Slack."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urldefrag, urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.connectors.ports import ConnectorError, NotReached
from aftercare.orders.announcements import WEBHOOK
from aftercare.orders.outbox import GiveUp, Outbox, OutboxItem

_SECONDS = 8.0
_SLACK = "hooks.slack.com"
_GONE = 410


class WebhookSender:
    """The handler of the outbox's webhooks."""

    def __init__(self, settings: Settings) -> None:
        others = [each for each in settings.outgoing_webhooks.split() if urlsplit(each).hostname != _SLACK]
        if others and not settings.outgoing_webhook_secret:
            raise ConnectorError('OUTGOING_WEBHOOK_SECRET is empty; make one: echo "whsec_$(openssl rand -base64 32)"')
        self._webhook = Webhook(settings.outgoing_webhook_secret) if others else None
        self._desk = settings.public_url

    def register(self, outbox: Outbox) -> None:
        """Become the handler."""
        outbox.register(WEBHOOK, self.send)

    async def send(self, item: OutboxItem) -> None:
        """Send one; the receiver tells copies by `webhook-id`, which is the same at each attempt.

        Raises:
            GiveUp: the receiver says that it is gone.
            NotReached: it has not said that it took it.
        """
        address = str(item.payload["address"])
        body, headers = self._slack(item) if urlsplit(address).hostname == _SLACK else self._standard(item)
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                answer = await client.post(urldefrag(address).url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotReached(type(error).__name__) from None
        if answer.status_code == _GONE:
            raise GiveUp("the receiver is gone (410)")
        if not answer.is_success:
            raise NotReached(f"the receiver answers {answer.status_code}")

    def _standard(self, item: OutboxItem) -> tuple[str, dict[str, str]]:
        body = json.dumps({name: item.payload[name] for name in ("type", "timestamp", "data")})
        now, identifier = utc_now(), f"msg_{item.id}"
        assert self._webhook is not None  # there is another receiver than Slack
        return body, {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(identifier, now, body),
        }

    def _slack(self, item: OutboxItem) -> tuple[str, dict[str, str]]:
        data = item.payload["data"]
        facts = ", ".join(f"{name} {value}" for name, value in data.items() if value and name != "conversation_id")
        chat = data.get("conversation_id")
        link = f" {self._desk}/desk/inbox/c/{chat}" if chat else ""
        at = datetime.fromisoformat(item.payload["timestamp"])
        text = f"{item.payload['type']}: {facts} ({at:%Y-%m-%d %H:%M} UTC){link}"
        return json.dumps({"text": text}), {"Content-Type": "application/json"}


def webhook_sender(settings: Settings) -> WebhookSender | None:
    """What sends webhooks; None when nobody wants any.

    Raises:
        ConnectorError: there is no secret to sign them with.
    """
    return WebhookSender(settings) if settings.outgoing_webhooks.split() else None
