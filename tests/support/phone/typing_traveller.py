"""The same travellers in the real chat: they type or press, and know an instruction by the name of its message."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import httpx

from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.situation import Advice, AdviceChoice
from tests.support.phone.faults import MOST
from tests.support.phone.traveller import PATIENCE, Kind, Reply, Run, Traveller
from tests.support.phone.words import PLAIN, Voice, joined

_OUTCOME = re.compile(r'"step_outcome": ?"([a-z_]+)"')
_PLAYED = ("step.", "question.", "finding.", "exhausted", "cause.", "undo.", "remind.", "explain.")
STUCK_AFTER = 4
"""So many answers in a row that are no part of a diagnosis."""


@dataclass(frozen=True)
class OwnOrder:
    """An order of the running stack whose eSIM is on a phone that could be fine."""

    number: str
    email: str
    facts: OrderFacts


class TypingTraveller(Traveller):
    """One conversation through the channel of the desk."""

    def __init__(
        self,
        seed: int,
        client: httpx.Client,
        own: OwnOrder | None,
        *,
        kind: Kind | None = None,
        press: float = 0.5,
        voice: Voice = PLAIN,
        among: Collection[str] = (),
        most: int = MOST,
    ) -> None:
        family = own.facts.device_family if own else None
        super().__init__(seed, kind=kind, with_order=False, family=family, among=among, most=most)
        self.client, self.own, self.press, self.voice = client, own, press, voice
        self.sender = f"phone-{seed}-{int(time.time())}"
        self.language = self.run.language
        self.transcript: list[str] = []
        self.lost = 0
        self.pending: tuple[Advice, list[dict[str, str]]] | None = None
        self.excused = False

    def talk(self) -> Run:
        """Hold the conversation to its end."""
        opening = self.chance.choice(self.voice.openings[self.last_seen][self.language])
        if self.kind == "observant":
            opening = f"{opening}{'，' if self.language == 'zh' else '. '}{self.screen(self.phone.symbols())}"
        if self.own:
            opening += f" {self.own.number} {self.own.email}"
        messages = self.send(opening)
        for _ in range(PATIENCE):
            pieces = [piece for message in messages if (piece := _advice(message))]
            for message in messages:
                for step in self.taken_back(message):
                    self.take_back(step)
            names = [str(message["name"]) for message in messages]
            self.run.said += names
            if "utter_solved" in names:
                self.run.verdict = "fixed" if self.phone.line() == "works" else "false solved"
                break
            if pieces and self.ends(pieces, pieces[-1]):
                break
            self.lost = 0 if pieces else self.lost + 1
            if self.lost >= STUCK_AFTER or any(name.startswith("utter_handoff") for name in names):
                self.run.verdict = "gave up"
                break
            messages = self.send(self.next_words(messages, pieces))
        return self.run

    def next_words(self, messages: list[dict[str, Any]], pieces: list[Advice]) -> str:
        """What is typed or pressed next."""
        choices = [choice for message in messages for choice in message.get("choices") or []]
        names = [str(message["name"]) for message in messages]
        if any(name.startswith("utter_order_") or name == "utter_email_wanted" for name in names):
            skip = next((choice["payload"] for choice in choices if "skip" in choice["payload"]), None)
            if self.own:
                return f"{self.own.number} {self.own.email}"
            return skip or self.chance.choice(self.voice.no_order[self.language])
        waiting = next((piece for piece in reversed(pieces) if piece.choices), None)
        if waiting is None and self.pending and not self.excused:
            waiting, choices = self.pending  # something else was talked about: what was asked is still open
            self.excused = True
        elif waiting:
            self.pending, self.excused = (waiting, choices), False
        if waiting is None:
            offered = [choice for choice in choices if choice["payload"].startswith("/report_")]
            again = self.voice.outcomes if self.last_seen == "works" else self.voice.openings
            return offered[0]["payload"] if offered else self.chance.choice(again[self.last_seen][self.language])
        if self.kind == "chatty" and not self.excused and self.chance.random() < 0.15:
            return self.chance.choice(self.voice.chatty[self.language])
        return self.in_words(self.respond(waiting), choices)

    def in_words(self, said: Reply, choices: list[dict[str, str]]) -> str:
        """A reply as it is pressed or typed."""
        payload = next((c["payload"] for c in choices if f'"{said.choice}"' in c["payload"]), None)
        if not said.facts and payload and self.chance.random() < self.press:
            return payload
        outcomes = self.voice.outcomes
        typed = self.chance.choice(outcomes[said.seen][self.language]) if said.seen in outcomes else ""
        if typed and self.voice.done and said.seen != "already" and self.chance.random() < 0.6:
            done = self.voice.done["changed" if self.changed else "so_before"]
            typed = joined([self.chance.choice(done[self.language]), typed], self.language)
        if said.facts:
            return joined([typed, self.screen(said.facts - {"slow", "no_data"})], self.language)
        if said.choice == "plain" and self.voice.nothing:
            return self.chance.choice(self.voice.nothing[self.language])
        if said.look and self.voice.nothing:
            return self.screen(self.phone.symbols())
        title = next((c["title"] for c in choices if f'"{said.choice}"' in c["payload"]), None)
        return typed or payload or title or self.chance.choice(outcomes["failed"][self.language])

    def screen(self, signs: Collection[str]) -> str:
        """The signs in this traveller's words."""
        return self.voice.of_screen(self.chance, signs, self.run.family, self.language)

    def send(self, text: str) -> list[dict[str, Any]]:
        """One turn; the messages of the answer."""
        body = {
            "sender": self.sender,
            "text": text,
            "message_id": f"{self.sender}-{len(self.transcript)}",
            "metadata": {"payload": text.startswith("/"), "channel": "web", "locale": self.language},
        }
        answer = self.client.post("/webhooks/desk/webhook", json=body)
        answer.raise_for_status()
        messages: list[dict[str, Any]] = answer.json()["messages"]
        self.transcript.append(f"> {text}")
        self.transcript += [f"  < {m['name']}: {(m['text'] or '')[:90]}" for m in messages]
        return messages

    def taken_back(self, message: dict[str, Any]) -> list[str]:
        """The steps whose way back stands in the message: by its name, or word for word."""
        name, text = str(message["name"]), message["text"] or ""
        cause = load_playbooks().causes.get(name.removeprefix("cause."))
        if cause and name.startswith("cause."):
            return [cause.gives_back] if cause.gives_back else []
        if name.startswith("undo."):
            return name.split(".")[1:]
        steps = load_playbooks().steps.values()
        return [s.id for s in steps if s.undo and (s.undo.en in text or s.undo.zh in text)]


def _advice(message: dict[str, Any]) -> Advice | None:
    """The advice that a message of the playbooks is; None for any other."""
    name = str(message["name"])
    if not name.startswith(_PLAYED):
        return None
    name = name.removeprefix("explain.").removeprefix("remind.")
    kind = name.partition(".")[0]
    outcomes = [
        (found[1], choice["title"])
        for choice in message.get("choices") or []
        if (found := _OUTCOME.search(choice["payload"]))
    ]
    choices = tuple(AdviceChoice(outcome, {"en": title, "zh": title}) for outcome, title in outcomes)
    kinds: dict[str, Any] = {"step": "step", "question": "question", "finding": "finding", "exhausted": "exhausted"}
    return Advice(kinds.get(kind, "note"), name, {"en": "", "zh": ""}, choices)
