"""Makes up conversations, the same each time: the words of real questions, in all that can happen to a conversation.

The first `DRAWN` are made up message by message. Those after them go as one of these went, on another day, about
another order: making up each costs ten times as much as writing it.
"""

from __future__ import annotations

import json
import random
from array import array
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.transcript import TranscriptMessage
from aftercare.staff.analytics.facts import ConversationFacts, facts_of
from aftercare.staff.analytics.tables import FLAGS
from aftercare.staff.inbox.indexing import PREVIEW, terms_of
from aftercare.staff.inbox.search_words import words_of

ZONE = ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
STAFF = [str(index) for index in range(1, 21)]
TAGS = ["vip", "bug", "refund", "follow-up", "训练"]
STEPS = [f"step.{name}" for name in ("roaming_on", "apn", "data_line", "restart", "manual_network", "flight_mode")]
CUSTOMERS_FROM = 100_000
DRAWN = 3_000

Row = dict[str, Any]
Sentence = tuple[str, str, str]


def sentences() -> list[Sentence]:
    """(text, intent, language) of the training data: the words of real questions in their real proportions."""
    found = []
    for language in ("en", "zh"):
        for path in sorted((DATA / "nlu" / language).glob("*.yml")):
            for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or ():
                if "intent" in block:
                    examples = (line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- "))
                    found += [(example, block["intent"], language) for example in examples]
    return found


def _order_number(number: int) -> str:
    return f"NZ{30_000_000 + number}"


def _proof(order: str) -> str:
    return f"{order}, traveller{order}@example.com"


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)


class Sample:
    """Conversations with everything that the desk and the order database would know of them after a while."""

    def __init__(self, conversations: int, messages: int) -> None:
        self.random = random.Random(20261101)
        self.sentences = sentences()
        self.intents = sorted({intent for _text, intent, _language in self.sentences})
        self.plans = load_catalogue().plans
        self.conversations = conversations
        self.mean = messages / conversations
        self.terms: dict[tuple[str, str], int] = {}
        self.postings = array("q")  # term << 24 | conversation
        self.rows: dict[str, list[Row]] = {
            name: []
            for name in (
                "summary", "tag", "flag", "conversation_fact", "intent_fact", "step_fact", "feedback_fact", "customer",
                "purchase", "esim", "verification", "refund_request", "ticket",
            )
        }  # fmt: skip
        self._drawn: list[_Conversation] = []

    def term(self, kind: str, value: str) -> int:
        """The number of a term."""
        return self.terms.setdefault((kind, value[:80]), len(self.terms) + 1)

    def make(self) -> Iterator[tuple[Row, list[Row]]]:
        """Each conversation with its events; what goes beside them is added to `rows`."""
        for number in range(1, self.conversations + 1):
            conversation, events = self._conversation(number)
            yield conversation, events

    def _conversation(self, number: int) -> tuple[Row, list[Row]]:
        pick = self.random
        channel = pick.choices(["web", "telegram"], [0.8, 0.2])[0]
        if number <= DRAWN:
            conversation = self._draw(number)
            self._drawn.append(conversation)
        else:
            conversation = pick.choice(self._drawn).again(number, pick.randrange(365))
        state, language, turns = conversation.state, conversation.language, conversation.exchanges
        handed_off = conversation.handed_off
        agent = pick.choice(STAFF) if state == "agent" else None
        row = {"id": conversation.id, "channel": channel, "state": state, "locale": language, "language": language}
        row |= {
            "last_seq": len(conversation.events),
            "token_generation": 1,
            "token_used_at": conversation.started,
            "started_at": conversation.started,
        }
        row |= {"updated_at": conversation.at, "agent_id": agent, "agent_name": agent and f"Colleague {agent}"}
        plan = pick.choice(self.plans) if turns > 1 else None
        customer = CUSTOMERS_FROM + number // 3 if plan else None
        score = pick.choice([None, None, None, 1, 2, 3, 4, 5, 5])
        self._summary(number, conversation, row, score, plan, customer)
        self._facts(conversation, row, score, plan)
        if plan is not None and customer is not None:
            self._order(number, conversation, customer, plan, handed_off)
        return row, conversation.events

    def _draw(self, number: int) -> _Conversation:
        """A conversation made up message by message."""
        pick = self.random
        started = NOW - timedelta(minutes=pick.uniform(0, 365 * 24 * 60))
        turns = max(1, round(pick.expovariate(1 / (self.mean / 2))))
        language = pick.choice(("en", "zh"))
        state = pick.choices(["assistant", "closed", "waiting", "agent"], [0.3, 0.66, 0.01, 0.03])[0]
        conversation = _Conversation(self, number, started, language)
        for _ in range(turns):
            conversation.exchange()
        conversation.state = state
        conversation.handed_off = state in ("waiting", "agent") or (state == "closed" and pick.random() < 0.2)
        if conversation.handed_off:
            conversation.hand_off(state)
        conversation.read()
        return conversation

    def _summary(
        self, number: int, conversation: _Conversation, row: Row, score: int | None, plan: Any, customer: int | None
    ) -> None:
        pick, terms = self.random, conversation.terms
        if pick.random() < 0.1:
            name = pick.choice(TAGS)
            terms.add(self.term("tag", name))
            self.rows["tag"].append(
                {"conversation_id": conversation.id, "name": name, "by": "A", "at": conversation.at}
            )
        if pick.random() < 0.02:
            reason = pick.choice(["wrong", "unclear", "good"])
            terms.add(self.term("flag", reason))
            flagged = {"conversation_id": conversation.id, "seq": 1, "reason": reason, "by": "A", "at": conversation.at}
            self.rows["flag"].append(flagged)
        local = conversation.started.astimezone(ZONE)
        line = {
            "number": number,
            "conversation_id": conversation.id,
            "indexed_seq": len(conversation.events),
            "indexed_at": conversation.at,
        }
        line |= {name: row[name] for name in ("channel", "state", "agent_id", "agent_name", "language", "last_seq")}
        line |= {
            "script": None,
            "started_at": conversation.started,
            "last_at": conversation.at,
            "lowest": conversation.lowest,
        }
        line |= {"minute": local.hour * 60 + local.minute, "low": conversation.lowest < 0.5}
        line |= {
            "last_text": conversation.events[-1]["text"][:PREVIEW],
            "last_sender": conversation.events[-1]["sender"],
        }
        line |= {"waiting_since": conversation.at if row["state"] in ("waiting", "agent") else None}
        line |= {
            "unhappy": conversation.unhappy or (score or 5) <= 2,
            "order_number": conversation.order if plan else None,
        }
        line |= {"provider": plan.provider_id if plan else None, "customer_id": customer, "rating": score}
        line |= {"saved": pick.random() < 0.01, "reviewed_at": conversation.at if pick.random() < 0.2 else None}
        self.rows["summary"].append(line)
        self.postings.extend(each << 24 | number for each in terms)

    def _facts(self, conversation: _Conversation, row: Row, score: int | None, plan: Any) -> None:
        facts, key = conversation.facts, {"conversation_id": conversation.id}
        self.rows["conversation_fact"].append(
            {
                **key, "read_until": len(conversation.events), "read_at": NOW,
                "day": conversation.started.astimezone(ZONE).date(),
                "language": row["language"], "channel": row["channel"], "provider": plan and plan.provider_id,
                "messages": facts.messages, "outcome": facts.outcome, "handoff_reason": facts.handoff_reason,
                "handoff_at": facts.handoff_at, "first_reply_seconds": facts.first_reply_seconds,
                "resolution_seconds": facts.resolution_seconds, "rating": score,
                **{name: getattr(facts, name) for name in FLAGS},
            }
        )  # fmt: skip
        self.rows["intent_fact"] += [
            {
                **key, "day": day, "intent": intent, "messages": messages, "confidence": confidence,
                "language": row["language"], "channel": row["channel"], "provider": plan and plan.provider_id,
            }
            for (day, intent), (messages, confidence) in facts.intents.items()
        ]  # fmt: skip
        self.rows["step_fact"] += [
            {**key, "step": step, "day": day, "outcome": outcome} for step, (day, outcome) in facts.steps.items()
        ]
        self.rows["feedback_fact"] += [
            {**key, "about": about, "day": day, "language": language, "helpful": helpful}
            for about, (day, language, helpful) in facts.feedback.items()
        ]

    def _order(self, number: int, conversation: _Conversation, customer: int, plan: Any, handed_off: bool) -> None:
        pick, rows, at = self.random, self.rows, conversation.started
        if not rows["customer"] or rows["customer"][-1]["id"] != customer:
            email = f"traveller{customer}@example.com"
            rows["customer"].append(
                {"id": customer, "email": email, "name": "Aroha Chen", "language": conversation.language}
            )
        bought = at - timedelta(days=pick.uniform(0, 20))
        purchase = {"id": 100_000 + number, "number": conversation.order, "customer_id": customer, "plan_id": plan.id}
        money = {"amount_minor": plan.price_minor, "currency": plan.currency}
        times = {"bought_at": bought, "delivery_due_at": bought, "delivered_at": bought}
        rows["purchase"].append({**purchase, **money, **times, "status": "delivered"})
        esim = {"id": purchase["id"], "purchase_id": purchase["id"], "iccid": f"8964{number:016d}"}
        esim |= {"smdp_address": "rsp.example.com", "matching_id": f"M{number:012d}", "profile_state": "enabled"}
        esim |= {"carrier_locked": False, "registered": True, "data_used_mb": pick.randint(0, 3000)}
        rows["esim"].append(esim | {"used_today_mb": 0, "last_country": "NZ", "last_operator": "One NZ"})
        proof = {
            "id": purchase["id"],
            "conversation_id": conversation.id,
            "purchase_id": purchase["id"],
            "how": "email",
        }
        rows["verification"].append(proof | {"verified_at": at, "until": at + timedelta(hours=1)})
        if pick.random() < 0.2:
            state = pick.choices(["paid", "declined", "withdrawn", "requested"], [0.6, 0.3, 0.08, 0.02])[0]
            asked = {"id": purchase["id"], "purchase_id": purchase["id"], "kind": "refund", "state": state, **money}
            asked |= {"decision": "declined" if state == "declined" else "approved", "reasons": '{"rules": []}'}
            rows["refund_request"].append(asked | {"conversation_id": conversation.id, "requested_at": at})
        if handed_off:
            ticket = {"id": purchase["id"], "conversation_id": conversation.id, "purchase_id": purchase["id"]}
            ticket |= {"reason": "handoff", "language": conversation.language, "summary": "{}", "state": "closed"}
            rows["ticket"].append(ticket | {"created_at": conversation.at, "read_by": conversation.at})


class _Conversation:
    """One conversation while it grows. `turns` are the turns of its events before they become JSON."""

    facts: ConversationFacts
    state = "assistant"
    handed_off = False

    def __init__(self, sample: Sample, number: int, started: datetime, language: str) -> None:
        self._all = sample
        self.id, self.order, self.started, self.language = f"{number:040x}", _order_number(number), started, language
        self.at = started
        self.events: list[Row] = []
        self.turns: list[Row | None] = []
        self.terms: set[int] = set()
        self.lowest = 1.0
        self.unhappy = False
        self.exchanges = 0

    def again(self, number: int, days: int) -> _Conversation:
        """One that goes the same way, as if the year began so many days earlier, about an order of its own."""
        other = _Conversation(self._all, number, self.started, self.language)
        earliest = NOW - timedelta(days=365)
        shift = timedelta(days=-days if self.started - timedelta(days=days) > earliest else 365 - days)
        if self.at + shift > NOW:
            shift -= timedelta(days=1 + (self.at + shift - NOW).days)
        other.started, other.at = self.started + shift, self.at + shift
        other.lowest, other.unhappy, other.exchanges = self.lowest, self.unhappy, self.exchanges
        other.state, other.handed_off = self.state, self.handed_off
        other.events = [{**row, "conversation_id": other.id, "at": row["at"] + shift} for row in self.events]
        other.terms = set(self.terms)
        if self.exchanges > 1:
            self._names_its_order(other)
        whole = shift.days
        other.facts = replace(
            self.facts,
            handoff_at=self.facts.handoff_at and self.facts.handoff_at + shift,
            intents={(_later(day, whole), intent): n for (day, intent), n in self.facts.intents.items()},
            steps={step: (_later(day, whole), outcome) for step, (day, outcome) in self.facts.steps.items()},
            feedback={
                about: (_later(day, whole), language, helpful)
                for about, (day, language, helpful) in self.facts.feedback.items()
            },
        )
        return other

    def _names_its_order(self, other: _Conversation) -> None:
        """In the copy, the order's number where this one has its own."""
        for row in other.events:
            if self.order in row["text"]:
                row["text"] = row["text"].replace(self.order, other.order)
                row["turn"] = row["turn"].replace(self.order, other.order)
                other.terms -= self._words(_proof(self.order))
                other.terms |= self._words(row["text"])
                break

    def _words(self, text: str) -> set[int]:
        return {self._all.term("word", word) for word in words_of(text)}

    def read(self) -> None:
        """Find the facts of it as it stands."""
        self.facts = facts_of(
            [
                TranscriptMessage(
                    e["seq"], e["at"], e["kind"], e["sender"], e["text"], name=e["name"], state=e["state"],
                    payload=e["payload"], status=e["status"], turn=turn,
                )
                for e, turn in zip(self.events, self.turns, strict=True)
            ],
            ZONE,
        )  # fmt: skip

    def exchange(self) -> None:
        """The traveller asks, the assistant answers; now and then the traveller says whether that helped."""
        pick = self._all.random
        text, intent, _language = pick.choice(self._all.sentences)
        if self.exchanges == 1:
            text = _proof(self.order)
        confidence = min(1.0, pick.betavariate(6, 1.2))
        intent = "nlu_fallback" if confidence < 0.3 else intent
        others = pick.sample(self._all.intents, 9)
        turn = {
            "language": self.language,
            "intent": intent,
            "confidence": confidence,
            "ranking": [{"name": name, "confidence": confidence / (n + 1)} for n, name in enumerate([intent, *others])],
            "entities": [{"entity": "order_number", "value": self.order}] if self.exchanges == 1 else [],
            "actions": [f"action_{intent}", "action_listen"],
            "slots": {},
        }
        name = f"utter_{intent}"
        if intent.startswith("report_"):
            name = pick.choice([*STEPS, "utter_solved", "exhausted"])
        elif intent == "nlu_fallback":
            name = "utter_not_understood"
        self._say("traveller", text, turn=turn)
        answer = f"[{intent}] We looked at your order and at the network: {pick.choice(self._all.sentences)[0]}"
        self._say("assistant", answer, name=name)
        if intent.startswith("ask_") and pick.random() < 0.1:
            helpful = pick.random() < 0.75
            slots = {"feedback": {"about": name, "helpful": helpful}}
            rated = {**turn, "intent": "rate_answer", "confidence": 1.0, "ranking": [], "slots": slots}
            self._say("traveller", "👍" if helpful else "👎", turn=rated, payload="/rate_answer")
            self._say("assistant", "Good to know.", name="utter_glad_it_helped")
        self.exchanges += 1
        self.lowest = min(self.lowest, TurnReading.from_json(turn).certainty or 0.0)
        self.unhappy = self.unhappy or intent == "complain"

    def hand_off(self, state: str) -> None:
        """A person is asked for, and comes unless the conversation still waits."""
        self._say("system", "", kind="state", state="waiting")
        if state != "waiting":
            self.at += timedelta(seconds=self._all.random.uniform(10, 7200))
            self._say("agent", "Kia ora, let me look at your order.")
        if state == "closed":
            self.at += timedelta(seconds=self._all.random.uniform(60, 36000))
            self._say("system", "", kind="state", state="closed")

    def _say(self, sender: str, text: str, turn: Row | None = None, **columns: Any) -> None:
        self.at += timedelta(seconds=self._all.random.uniform(1, 60))
        row = {"conversation_id": self.id, "seq": len(self.events) + 1, "at": self.at, "kind": "message"}
        row |= {"sender": sender, "text": text, "name": None, "state": None, "payload": None}
        row |= {"status": "answered" if sender == "traveller" else None, "turn": turn and json.dumps(turn), **columns}
        self.events.append(row)
        self.turns.append(turn)
        if row["kind"] == "message":
            self.terms |= self._words(text)
        if turn is not None:
            self.terms.update(self._all.term(*each) for each in terms_of(TurnReading.from_json(turn)))
