"""Turns a whole conversation, masked, into a test script that can be played or a story for Rasa."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection, Engine

from aftercare.base.language import HAN, written
from aftercare.conversations.tables import event
from aftercare.conversations.transcript import Exchange, TranscriptMessage, exchanges, read
from aftercare.orders.tables import Customer, Esim, Purchase, Verification
from aftercare.staff.ui.masking import mask, neutral_order_number, same_value

# The demo order a customer's becomes, and a number nobody has.
_DEMO_NUMBER, _DEMO_BUYER = "NZ10000001", "wang@example.com"
_NO_NUMBER = "NZ99999999"
_DEMO_NUMBERS = range(10_000_001, 10_000_100)
# What the assistant says depends on these columns of an order; none of them names anybody.
_PURCHASE = ("plan_id", "status", "amount_minor", "currency", "bought_at", "delivery_due_at", "delivered_at")
_ESIM = (
    "profile_state", "device_id", "carrier_locked", "registered", "installed_country", "last_country", "last_operator",
    "last_region", "last_seen_at", "data_total_mb", "data_used_mb", "used_today_mb", "throttled_until", "installed_at",
    "first_use_at", "expires_at",
)  # fmt: skip
# Names of the desk's own answers begin so; then the answer and the payload of its reminder "did it work?".
_DESK_ANSWER = "desk_"
_REMINDED = "utter_did_it_work"
_REMINDER = '/inform{"step_outcome": "reminder"}'
# Endings of answers of which the support hours decide which one is said.
_BY_THE_CLOCK = ("_open", "_closed")


@dataclass(frozen=True)
class ScriptOrder:
    """The order of a conversation as its script needs it: the demo values for its own, and its state at that time."""

    instead: Mapping[str, str] = field(default_factory=dict)  # by `same_value`
    given: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class RecordedConversation:
    """A whole conversation; `offers` are the payloads of the choices each event came with."""

    events: Sequence[TranscriptMessage]
    offers: Mapping[int, Sequence[str]] = field(default_factory=dict)
    order: ScriptOrder = field(default_factory=ScriptOrder)


def read_conversation(desk: Engine, orders: Engine, conversation_id: str) -> RecordedConversation | None:
    """A conversation, however long, with the order behind it; None when there is no such conversation."""
    offered = sa.select(event.c.seq, event.c.choices).where(
        event.c.conversation_id == conversation_id, event.c.choices.isnot(None)
    )
    with desk.connect() as connection:
        events = read(connection, [conversation_id]).get(conversation_id, [])
        offers = {seq: [str(each["payload"]) for each in choices] for seq, choices in connection.execute(offered)}
    return RecordedConversation(events, offers, _order(orders, conversation_id)) if events else None


def _order(orders: Engine, conversation_id: str) -> ScriptOrder:
    """The order that a conversation has proven to be its own: a demo order stays itself, another becomes a demo order.

    What is typed but was never proven stays wrong in the script as well.
    """
    query = (
        sa.select(Purchase.id, Purchase.number, Customer.email, Verification.verified_at)
        .join(Purchase, Purchase.id == Verification.purchase_id)
        .join(Customer, Customer.id == Purchase.customer_id)
        .where(Verification.conversation_id == conversation_id)
        .order_by(Verification.verified_at)
    )
    with orders.connect() as connection:
        found = connection.execute(query).all()
        if not found:
            return ScriptOrder()
        instead: dict[str, str] = {}
        given: list[Mapping[str, Any]] = []
        for row in found:
            demo = int(row.number[2:]) in _DEMO_NUMBERS and row.email.endswith("@example.com")
            instead[same_value(row.number)] = row.number if demo else _DEMO_NUMBER
            instead[same_value(row.email)] = row.email if demo else _DEMO_BUYER
            if not demo and not given:
                given = _given(connection, row.id, row.verified_at)
    return ScriptOrder(instead, given)


def _given(connection: Connection, purchase_id: int, moment: datetime) -> list[Mapping[str, Any]]:
    """How the order stands now, as rows a script is played with; times as distances from the conversation."""
    rows: list[Mapping[str, Any]] = []
    for table, columns, mine in (
        (Purchase, _PURCHASE, Purchase.id == purchase_id),
        (Esim, _ESIM, Esim.purchase_id == purchase_id),
    ):
        wanted = sa.select(*(table.__table__.c[name] for name in columns)).where(mine)
        found = connection.execute(wanted).mappings().first()
        if found is not None:
            values = {name: _distance(value, moment) for name, value in found.items()}
            rows.append({"table": table.__tablename__, "order": _DEMO_NUMBER, "values": values})
    return rows


def _distance(value: Any, moment: datetime) -> Any:
    if not isinstance(value, datetime):
        return value
    minutes = round((value - moment) / timedelta(minutes=1))
    return f"{minutes // 1440:+d}d" if minutes % 1440 == 0 else f"{minutes:+d}m"


def as_script(recorded: RecordedConversation, name: str) -> str:
    """A script of tests/conversations: what the traveller said or chose, and the names of the answers.

    What was said to a person is left out. What was misunderstood stays as it happened: whoever keeps the script puts in
    what should have been answered.
    """
    turns = [turn for turn in exchanges(recorded.events) if _read_by_the_assistant(turn.message)]
    language = _language(turns)
    steps: list[dict[str, Any]] = []
    offered: set[str] = set()
    waits = False  # as far as the steps before tell
    for turn in turns:
        message = turn.message
        if message.payload is None:
            steps.append({"user": _masked(message, recorded.order)})
        else:  # a choice of an earlier answer, or of a card, is not offered at this place
            steps.append({"choose" if message.payload in offered else "desk": message.payload})
        waited = _waits(recorded.events, turn)
        if waited != waits:  # staff took or gave the conversation back, or the desk's own button was pressed
            steps[-1]["line"] = "waiting" if waited else "left"
        waits = _waits_after(turn, waited)
        offered = set()
        for answer in turn.answers:
            if answer.sender != "assistant" or (answer.name or "").startswith(_DESK_ANSWER):
                continue
            if answer.name == _REMINDED:
                steps.append({"desk": _REMINDER})
                offered = set()
            offered |= set(recorded.offers.get(answer.seq, ()))
            _expect(steps[-1], answer, language)
    script = {"script": name, "languages": [language]}
    return _yaml(
        [{**script, **({"given": list(recorded.order.given)} if recorded.order.given else {}), "steps": steps}]
    )


def _waits(events: Sequence[TranscriptMessage], turn: Exchange) -> bool:
    """Whether the traveller was in the line for a person when the message was answered."""
    first = min((answer.seq for answer in turn.answers if answer.sender == "assistant"), default=turn.message.seq)
    states = [event.state for event in events if event.seq < first and event.kind == "state"]
    return bool(states) and states[-1] == "waiting"


def _waits_after(turn: Exchange, waited: bool) -> bool:
    """Whether the answers themselves lead into the line, or out of it."""
    customs = [answer.custom or {} for answer in turn.answers if answer.sender == "assistant"]
    if any(custom.get("handoff") for custom in customs):
        return True
    return waited and not any(custom.get("leave_line") for custom in customs)


def _read_by_the_assistant(message: TranscriptMessage) -> bool:
    """Whether Rasa answered it: no picture, nothing said to a person, no button of the desk's own."""
    return message.status == "answered" and bool(message.turn) and bool(message.payload or message.text.strip())


def _language(turns: Iterable[Exchange]) -> str:
    """The language most answers are in; a step that is answered in the other says so."""
    counts = Counter(
        "zh" if HAN.search(answer.text) else "en"
        for turn in turns
        for answer in turn.answers
        if answer.sender == "assistant" and any(map(str.isalpha, answer.text))
    )
    typed = [written(turn.message.text).language for turn in turns if turn.message.typed]
    return counts.most_common(1)[0][0] if counts else next((each for each in typed if each), "en")


def _expect(step: dict[str, Any], answer: TranscriptMessage, language: str) -> None:
    if answer.name:
        name = next(
            (answer.name[: -len(end)] + "_*" for end in _BY_THE_CLOCK if answer.name.endswith(end)), answer.name
        )
        replies = step.setdefault("replies", [])
        if name not in replies:
            replies.append(name)
    if any(map(str.isalpha, answer.text)) and bool(HAN.search(answer.text)) != (language == "zh"):
        step["language"] = "en" if language == "zh" else "zh"


def _masked(message: TranscriptMessage, order: ScriptOrder) -> str:
    def stand_in(value: str, neutral: str) -> str:
        known = order.instead.get(same_value(value))
        return known or (_NO_NUMBER if neutral == neutral_order_number() else neutral)

    return mask(message.text, (message.turn or {}).get("entities") or [], stand_in).text


def as_story(recorded: RecordedConversation, name: str) -> str:
    """A story of data/stories: intents with their entities, and the actions that followed."""
    steps: list[dict[str, Any]] = []
    for turn in exchanges(recorded.events):
        understood = turn.message.turn or {}
        if not understood.get("intent"):
            continue
        steps.append(_story_step(turn.message, understood))
        steps += [{"action": action} for action in understood.get("actions") or []]
    return _yaml({"version": "3.1", "stories": [{"story": name, "steps": steps}]})


def _story_step(message: TranscriptMessage, understood: dict[str, Any]) -> dict[str, Any]:
    if message.payload:
        intent, brace, rest = message.payload.removeprefix("/").partition("{")
        values = json.loads(brace + rest) if brace else {}
        found = [{str(key): value} for key, value in values.items()]
    else:
        intent = str(understood["intent"])
        masked = mask(message.text, understood.get("entities") or [])
        found = [{span.entity: masked.text[span.start : span.end]} for span in masked.spans]
    step: dict[str, Any] = {"intent": intent}
    if found:
        step["entities"] = found
    return step


def _yaml(content: Any) -> str:
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120))
