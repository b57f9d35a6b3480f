"""Id, chat and body of an update as Telegram sends it; its content is read when it is handled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

_MOST = 2**63
WEBHOOK = "/telegram/webhook"
# the kinds we ask for; the names are Telegram's (core.telegram.org/bots/api#update)
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")


def id_of(raw: object) -> int | None:
    """The id of an update as Telegram sends it; None when it has none that a database can hold."""
    update_id = raw.get("update_id") if isinstance(raw, dict) else None
    return update_id if _is_id(update_id) else None


def _is_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST


def parse_update(raw: Mapping[str, Any]) -> tuple[int, int, str] | None:
    """Id, chat and JSON of an update as Telegram sends it; None for what we did not ask for and cannot read."""
    update_id = id_of(raw)
    parts = [found for kind in KINDS if isinstance(found := raw.get(kind), dict)]
    if update_id is None or not parts:
        return None
    # a button under a message so old that Telegram has forgotten it comes with its presser only
    holder = parts[0].get("message") if "callback_query" in raw else parts[0]
    chat = (holder.get("chat") if isinstance(holder, dict) else None) or parts[0].get("from")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    # in ASCII: half a surrogate pair cannot be stored otherwise
    if not _is_id(chat_id):
        return None
    return update_id, chat_id, json.dumps(raw)
