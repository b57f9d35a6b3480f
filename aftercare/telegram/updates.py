"""Id, chat and body of an update as Telegram sends it; its content is read when it is handled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

WEBHOOK = "/telegram/webhook"
# the kinds we ask for; the names are Telegram's (core.telegram.org/bots/api#update)
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")


def parse_update(raw: Mapping[str, Any]) -> tuple[int, int, str] | None:
    """Id, chat and JSON of an update as Telegram sends it; None for what we did not ask for."""
    update_id = raw.get("update_id")
    parts = [found for kind in KINDS if isinstance(found := raw.get(kind), dict)]
    if not isinstance(update_id, int) or not parts:
        return None
    # a button under a message so old that Telegram has forgotten it comes with its presser only
    holder = parts[0].get("message") if "callback_query" in raw else parts[0]
    chat = (holder or {}).get("chat") or parts[0].get("from")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    return (update_id, chat_id, json.dumps(raw, ensure_ascii=False)) if isinstance(chat_id, int) else None
