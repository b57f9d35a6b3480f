"""Attacks on what opens conversations and orders: forged tokens, an oracle, guessing, private ports."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bench.attack.target import IDENTITY_SECRET, Outcome, Target, Traveller

OWNER = ("NZ10000003", "emma@example.com")
# what only an answer about Emma's order says
_TELLS = ("Kiwi", "refund is approved", "approved", "NZD", "5 GB", "10 GB")


def _tells(text: str) -> bool:
    return any(word in text for word in _TELLS)


async def forged_tokens(target: Target) -> Outcome:
    """Tokens of conversations and identities that nobody who may has signed."""
    owner = Traveller(target, "203.0.113.1")
    await owner.open()
    later, claims = datetime.now(UTC) + timedelta(hours=1), {"aud": "chat", "sub": owner.conversation_id, "gen": 1}
    head, body, signature = owner.token.split(".")
    tokens = [
        jwt.encode({**claims, "exp": later}, "", "none"),
        jwt.encode({**claims, "exp": later}, "another secret that is long enough to sign", "HS256"),
        jwt.encode({**claims, "exp": later}, IDENTITY_SECRET, "HS256"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-2]}AA",
        f"{head}.{body[:-2]}AA.{signature}",
        owner.conversation_id,
        "\ud800".encode("utf-16", "surrogatepass").hex(),
        "",
    ]
    statuses = []
    for token in tokens:
        for method, path in (("GET", "/api/chat/conversation"), ("DELETE", "/api/chat/conversation")):
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.2"}
            async with target.http.request(method, target.desk + path, headers=headers) as response:
                statuses.append(response.status)
    for identity in _identities(later):
        statuses.append(await Traveller(target, "203.0.113.2").open(identity=identity))
    once = jwt.encode({"aud": "esim-aftercare", "exp": later, "email": OWNER[1], "jti": "once"}, IDENTITY_SECRET)
    first = await Traveller(target, "203.0.113.3").open(identity=once)
    statuses.append(await Traveller(target, "203.0.113.4").open(identity=once))
    let_in = sum(status < 400 for status in statuses)
    note = "" if first == 201 else f"the real identity got {first}"
    return Outcome("forged tokens", len(statuses), sum(400 <= s < 500 for s in statuses), let_in, note)


def _identities(later: datetime) -> list[str]:
    good: dict[str, Any] = {"aud": "esim-aftercare", "exp": later, "email": OWNER[1]}
    changed: list[dict[str, Any]] = [
        {"aud": "elsewhere"}, {"exp": datetime.now(UTC) - timedelta(hours=1)}, {"exp": later + timedelta(days=30)},
        {"email": None}, {"exp": 2**62},
    ]  # fmt: skip
    forged = [jwt.encode({**good, **change}, IDENTITY_SECRET, "HS256") for change in changed]
    return [*forged, jwt.encode(good, "guessed", "HS256"), jwt.encode(good, "", "none"), "x.y.z"]


async def oracle(target: Target) -> Outcome:
    """Whether an order number exists: by the words of the refusal, and by how long it takes."""
    seconds: dict[str, list[float]] = {"there": [], "missing": []}
    texts: dict[str, set[str]] = {"there": set(), "missing": set()}
    for turn in range(8):
        for kind, number in (("there", OWNER[0]), ("missing", f"NZ2{turn:07}")):
            someone = Traveller(target, f"203.0.113.{20 + turn * 2 + (kind == 'there')}")
            await someone.open()
            await someone.ask("I want a refund")
            began = time.monotonic()
            texts[kind].add(await someone.ask(f"{number} x{turn}@example.com"))
            seconds[kind].append(time.monotonic() - began)
    there, missing = (statistics.median(seconds[kind]) for kind in ("there", "missing"))
    told = sum(map(_tells, texts["there"] | texts["missing"]))
    note = f"median {there * 1000:.0f} ms where the number exists, {missing * 1000:.0f} ms where not"
    return Outcome("oracle: wrong e-mail or wrong number", 16, 16 - told, told, note)


async def guessing(target: Target) -> Outcome:
    """The orders of a known e-mail address from one address, each guess in a conversation of its own."""
    told = 0
    for turn in range(30):
        number = OWNER[0] if turn == 24 else f"NZ3{turn:07}"
        guesser = Traveller(target, "203.0.113.100")
        await guesser.open()
        await guesser.ask("I want a refund")
        told += _tells(await guesser.ask(f"{number} {OWNER[1]}"))
    owner = Traveller(target, "203.0.113.101")
    await owner.open()
    await owner.ask("I want a refund")
    got_in = _tells(await owner.ask(f"{OWNER[0]} {OWNER[1]}"))
    note = "the owner gets in from another address" if got_in else "THE OWNER IS KEPT OUT"
    return Outcome("guessing across conversations (the 25th is right)", 30, 30 - told, told, note)


async def private_ports(target: Target) -> Outcome:
    """Orders through Rasa's and the actions' ports, with the id of a conversation that has proven one."""
    owner = Traveller(target, "203.0.113.110")
    await owner.open()
    await owner.ask("I want a refund")
    await owner.ask(f"{OWNER[0]} {OWNER[1]}")
    sender, statuses, told = owner.conversation_id, [], 0
    tracker = {"sender_id": sender, "slots": {}, "latest_message": {}, "events": [], "paused": False}
    tracker |= {"followup_action": None, "active_loop": {}, "latest_action_name": None}
    call = {"next_action": "action_order_status", "sender_id": sender, "tracker": tracker, "domain": {}}
    message = {"sender": sender, "text": "status", "message": "where is my order?", "message_id": "x"}
    for method, url, body in (
        ("POST", f"{target.actions}/webhook", call),
        ("GET", f"{target.actions}/actions", None),
        ("GET", f"{target.rasa}/conversations/{sender}/tracker", None),
        ("POST", f"{target.rasa}/webhooks/desk/webhook", message),
        ("DELETE", f"{target.rasa}/webhooks/desk/conversations/{sender}", None),
        ("POST", f"{target.rasa}/webhooks/rest/webhook", message),
    ):
        async with target.http.request(method, url, json=body) as response:
            text = await response.text()
            told += _tells(text) or OWNER[0] in text
            statuses.append(response.status)
    note = "rest answers as in the demo, without the order; the others: " + ", ".join(map(str, statuses[:-1]))
    return Outcome(
        "private ports with another's conversation id", 6, sum(s in (401, 403) for s in statuses), told, note
    )
