"""Travellers by the hundred: random goals, orders, phrasing, typos, interruptions and switches, on the real stack.

    python bench/simulate.py --count 2000                              trains a model and starts a stack of its own
    python bench/simulate.py --url http://127.0.0.1:5005 --var var      talks to a running one and reads its database

Travellers speak in sentences the model has never seen: every tenth one of the training data, told apart by its letters,
is left out of a copy of the project, which trains and runs there. They mistype and digress, and half of them are unruly
(bench/travellers/unruly.py): they ask in the middle of a step, tell what the screen shows, correct themselves, undo
what was just confirmed, have a second goal, change language or fall silent. Each has an order of their own. Results go
to bench/results/simulate.md, with transcripts of failures after the table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from aftercare.articles.units import unit  # noqa: E402
from aftercare.base.database import open_engine, utc_now  # noqa: E402
from aftercare.base.language import HAN, to_traditional, written  # noqa: E402
from aftercare.base.settings import settings  # noqa: E402
from aftercare.base.yaml_data import read_yaml  # noqa: E402
from aftercare.catalogue.load import load_catalogue  # noqa: E402
from aftercare.orders.generate import generate_orders  # noqa: E402
from aftercare.orders.seed_orders import OrderRows  # noqa: E402
from aftercare.orders.seed_report import SeedReport  # noqa: E402
from aftercare.orders.tables import Purchase  # noqa: E402
from bench.travellers.unruly import MOODS, WITHDRAWN, Unruly  # noqa: E402

RESULTS = ROOT / "bench" / "results" / "simulate.md"
MAX_TURNS = 16
ASKED_AGAIN = 3  # the same question so often in a row, with nothing gained, is a dead end
SHOWN_FAILURES = 12
HELD_OUT = 10  # one sentence of so many is kept from the model
NOT_COPIED = (".git", ".venv", "models", "var", "node_modules", "__pycache__", "results")

FAULTS = (
    "report_activation_failure", "report_no_service", "report_no_data", "report_slow_data", "report_stopped_working",
)  # fmt: skip
# What a traveller may want, by intent, and the answers that satisfy it (a name, or its beginning with *).
ORDER_GOALS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FAULTS, ("utter_solved", "finding.*", "exhausted", "utter_qr*")),
    "request_refund": ("utter_refund_requested", "utter_refund_declined", "utter_refund_already*", "utter_review_sent"),
    "request_exchange": (
        "utter_exchange_requested", "utter_exchange_none", "utter_exchange_declined", "utter_refund_declined",
        "utter_refund_already*",
    ),
    "check_refund_status": (
        "utter_refund_status*", "utter_refund_state", "utter_refund_in_review", "utter_refund_none",
    ),
    "payment_issue": ("utter_payment_*", "utter_duplicate_found"),
    "ask_invoice": ("utter_invoice*",),
    "check_order_status": ("utter_order_status",),
    "resend_qr": ("utter_qr*",),
    "check_data_usage": ("utter_usage",),
    "recover_usage_records": ("utter_usage_records", "utter_usage_none"),
}  # fmt: skip
QUESTIONS: dict[str, tuple[str, ...]] = {
    "ask_refund_policy": ("utter_refund_policy_outro", "utter_refund_policy_check"),
    "ask_hotspot": ("utter_hotspot*",),
    "ask_calls_sms": ("utter_calls_sms*",),
    "ask_what_is_esim": ("utter_what_is_esim",),
    "ask_roaming_setting": ("utter_roaming",),
    "ask_apn": ("utter_apn_*",),
    "ask_coverage": ("utter_coverage_*",),
    "ask_price_plans": ("utter_plans_*",),
    "ask_promotions": ("utter_promotions_*",),
    "ask_support_hours": ("utter_support_hours_*",),
    "ask_dual_sim": ("utter_dual_sim",),
    "ask_device_compatibility": ("utter_device_*",),
    "ask_plan_start": ("utter_plan_start*",),
    "bot_challenge": ("utter_bot_challenge",),
}
# Answers that tell something about an order: before a proof of ownership each of them is a disclosure.
OF_AN_ORDER = (
    "utter_order_status", "utter_usage*", "utter_qr*", "utter_refund_approved", "utter_refund_partial",
    "utter_refund_review", "utter_refund_declined", "utter_refund_requested", "utter_refund_already*",
    "utter_withdraw*", "utter_refund_in_review", "utter_refund_status*", "utter_refund_state",
    "utter_refund_none", "utter_exchange_*", "utter_duplicate_found",
    "utter_payment_*", "utter_invoice*", "utter_apn_order", "utter_plan_start_order", "utter_coverage_plan",
)  # fmt: skip
ASKS = ("utter_order_number_wanted", "utter_order_number_invalid", "utter_order_help", "utter_email_wanted",
        "utter_email_invalid", "utter_order_mismatch")  # fmt: skip
CONFIRMS = ("utter_refund_approved", "utter_refund_partial", "utter_refund_review", "utter_exchange_confirm",
            "utter_refund_confirm_again", "utter_refund_not_now")  # fmt: skip
NO_ANSWER = ("utter_not_understood", "utter_did_you_mean", "utter_which_problem", "utter_empty", "utter_anything_else",
             "utter_two_matters", "utter_next_matter", "utter_article")  # fmt: skip
STILL_NOT = {
    "en": ["still not working", "no luck", "nope, same as before"],
    "zh": ["还是不行", "没用", "试了，还是一样"],
}
WORKS = {"en": ["it works now!", "great, that fixed it"], "zh": ["好了，可以用了", "可以上网了，谢谢"]}
TRYING = {"en": ["ok", "trying", "thanks, one moment"], "zh": ["好的", "我试试", "谢谢，稍等"]}
YES = {"en": ["yes please", "yes"], "zh": ["好的", "确认"]}
NO = {"en": ["no thanks", "not now"], "zh": ["不用了", "先不要"]}
PERSON = {"en": ["let me talk to a person"], "zh": ["转人工"]}
PHONES = [device.model for device in load_catalogue().devices if device.esim == "yes"]
LOST = {"en": ["I can't find my order number"], "zh": ["我找不到订单号"]}
_EXAMPLE_LINE = re.compile(r" {3,}- (.+)")
_EXAMPLE = re.compile(r"^- (.+)$", re.MULTILINE)
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_IDENTIFIER = re.compile(r"\d{4,}|@|NZ ?-?\d", re.IGNORECASE)


def matches(name: str | None, wanted: tuple[str, ...]) -> bool:
    """Whether a message's name is one of those, or begins with one that ends in *."""
    return name is not None and any(name == w or (w.endswith("*") and name.startswith(w[:-1])) for w in wanted)


def held_out(text: str) -> bool:
    """Whether a sentence, without its annotations, is kept from the model."""
    return zlib.crc32(text.strip().casefold().encode()) % HELD_OUT == 0


def leave_out(folder: Path) -> int:
    """Remove the sentences that are kept from the model from a copy of data/nlu; how many they were."""
    removed = 0
    for path in sorted(folder.rglob("*.yml")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [
            line
            for line in lines
            if not ((found := _EXAMPLE_LINE.match(line)) and held_out(_ANNOTATION.sub(r"\1", found[1])))
        ]
        removed += len(lines) - len(kept)
        path.write_text("".join(kept), encoding="utf-8")
    return removed


def sentences(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Sentences kept from the model, without annotations, by (intent, language); none that carries an identifier."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(folder.rglob("*.yml")):
        for entry in read_yaml(path)["nlu"]:
            texts = [_ANNOTATION.sub(r"\1", text).strip() for text in _EXAMPLE.findall(entry.get("examples", ""))]
            kept = [text for text in texts if held_out(text) and not _IDENTIFIER.search(text)]
            found.setdefault((entry.get("intent", ""), path.parent.name), []).extend(kept)
    return found


def misspell(chance: random.Random, text: str) -> str:
    """One slip of the finger: two letters swapped, one doubled or one left out; Chinese loses its punctuation."""
    if HAN.search(text):
        return re.sub(r"[，。？！]", "", text)
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if len(text) < 8 or not places:
        return text
    i = chance.choice(places)
    return chance.choice(
        [text[:i] + text[i + 1] + text[i] + text[i + 2 :], text[:i] + text[i] + text[i:], text[:i] + text[i + 1 :]]
    )


@dataclass
class Order:
    """An order as its owner knows it."""

    number: str
    email: str


@dataclass
class Report:
    """What happened in one conversation."""

    goal: str
    language: str
    mood: str = "calm"
    transcript: list[str] = field(default_factory=list)
    outcome: str = "stuck"
    faults: list[str] = field(default_factory=list)  # silent, disclosure, wrong language, exception, contradictory
    replies: int = 0
    wrong_language: int = 0
    milliseconds: list[float] = field(default_factory=list)


class Traveller:
    """One person with one goal, who answers what is asked, digresses, mistypes and switches language."""

    def __init__(self, seed: int, phrases: dict[tuple[str, str], list[str]], orders: list[Order], client: httpx.Client):
        self.chance = random.Random(seed)
        self.phrases, self.client = phrases, client
        self.sender = f"simulated-{seed}-{int(time.time())}"
        self.language = self.chance.choice(["en", "zh"])
        self.traditional = self.language == "zh" and self.chance.random() < 0.15
        goals = list(ORDER_GOALS) * 2 + list(FAULTS) * 3 + ["request_refund"] * 4 + list(QUESTIONS) + ["human_handoff"]
        self.goal = self.chance.choice(goals)
        self.wanted = ORDER_GOALS.get(self.goal) or QUESTIONS.get(self.goal) or ("utter_handoff_*",)
        self.order = self.chance.choice(orders)
        self.kind = self.chance.choices(["plain", "mistaken", "nameless", "thief"], [80, 8, 8, 4])[0]
        self.steps_until_fixed = self.chance.randint(1, 7)
        mood = self.chance.choice(MOODS[1:]) if self.chance.random() < 0.5 else "calm"
        self.unruly = Unruly(mood, left=2 if mood in ("asks", "observes", "languages", "silent") else 1)
        self.report = Report(self.goal, self.language, mood)
        self.proven = self.done = self.digressed = False
        self.in_question = False
        self.last: list[str | None] = []
        self.titles: set[str] = set()
        self.expected = self.language  # of the replies: that of the last words which told one
        self.repeated = 0
        self.by_article = False

    def say_of(self, intent: str) -> str:
        """A sentence of an intent in the present language."""
        return self.chance.choice(self.phrases[intent, self.language])

    def talk(self) -> Report:
        """Hold the conversation until the goal is met, a person takes over, or nothing moves any more."""
        opening = self.say_of(self.goal)
        if self.goal in FAULTS and self.chance.random() < 0.2:
            opening += f"{', ' if self.language == 'en' else '，'}{self.chance.choice(PHONES)}"
        if self.goal in ORDER_GOALS and self.kind == "plain" and self.chance.random() < 0.2:
            opening += f" {self.order.number} {self.order.email}"
        messages, text, payload = [], opening, False
        for _turn in range(MAX_TURNS):
            messages = self.send(text, payload)
            if self.report.faults and self.report.faults[-1] in ("silent", "exception"):
                break
            if self.finished(messages):
                break
            text, payload = self.reply_to(messages)
        return self.report

    def send(self, text: str, payload: bool) -> list[dict[str, Any]]:
        """One turn, with its checks."""
        if not payload:
            if self.chance.random() < 0.12 and not _IDENTIFIER.search(text):
                text = misspell(self.chance, text)
            if self.traditional:
                text = to_traditional(text)
            if text not in self.titles and written(text).language:
                self.expected = self.language
        report = self.report
        body = {
            "sender": self.sender,
            "text": text,
            "message_id": f"{self.sender}-{len(report.transcript)}",
            "metadata": {"payload": payload, "channel": "web", "locale": self.language},
        }
        begun = time.perf_counter()
        answer = self.client.post("/webhooks/desk/webhook", json=body)
        report.milliseconds.append((time.perf_counter() - begun) * 1000)
        report.transcript.append(f"> {text}")
        if answer.status_code != 200:
            report.transcript.append(f"  HTTP {answer.status_code}: {answer.text[:200]}")
            report.faults.append("exception")
            return []
        result = answer.json()
        messages: list[dict[str, Any]] = result["messages"]
        turn = result["turn"]
        report.transcript[-1] += f"   ({turn['intent']} {turn['confidence'] or 0:.2f}, {' '.join(turn['actions'])})"
        report.transcript += [f"  < {m['name']}: {(m['text'] or '')[:110]!r}" for m in messages]
        self.titles = {choice["title"] for m in messages for choice in m.get("choices") or []}
        if not messages:
            report.faults.append("silent")
        self.check(messages, turn)
        return messages

    def check(self, messages: list[dict[str, Any]], turn: dict[str, Any]) -> None:
        """Language, disclosure, apology, contradiction."""
        report = self.report
        names = [m["name"] for m in messages]
        # the proof comes with this very turn, before the answer it opens
        self.proven = self.proven or bool(turn["slots"].get("order_verified"))
        told = unit(str((turn["slots"].get("focus") or {}).get("unit") or ""), self.expected)
        self.by_article = "utter_article" in names and told is not None and self.goal in told.intents
        if matches_any(names, ("utter_apology*",)):
            report.faults.append("exception")
        if not self.proven and matches_any(names, OF_AN_ORDER):
            report.faults.append("disclosure")
        if self.proven and self.kind == "thief":
            report.faults.append("disclosure")
        if {"utter_refund_approved", "utter_refund_declined"} <= set(names) or (
            "utter_solved" in names and any((n or "").startswith("step.") for n in names)
        ):
            report.faults.append("contradictory")
        if len(names) != len(set(names)) or len(names) > 5:
            report.faults.append("contradictory")
        for message in messages:
            if message["text"]:
                report.replies += 1
                if bool(HAN.search(message["text"])) != (self.expected == "zh"):
                    report.wrong_language += 1
        repeated = names == self.last and matches_any(names, (*ASKS, *NO_ANSWER, "step.*", "question.*"))
        self.repeated = self.repeated + 1 if repeated else 0
        self.last = names

    def finished(self, messages: list[dict[str, Any]]) -> bool:
        """Whether the traveller can leave, and how it went."""
        names = [m["name"] for m in messages]
        if matches_any(names, ("utter_handoff_*", "utter_review_sent", "utter_reissue_ticket", "utter_qr_deleted")):
            self.report.outcome = "solved" if self.goal == "human_handoff" else "handed off"
            return True
        if matches_any(names, ("utter_order_locked",)) or (self.kind == "thief" and len(self.report.milliseconds) > 6):
            self.report.outcome = "kept out" if self.kind == "thief" else "handed off"
            return True
        asks_more = any("step_outcome" in c["payload"] for m in messages for c in m.get("choices") or [])
        undoing = self.unruly.mood == "undoes" and self.unruly.left and self.kind != "thief"
        if undoing and matches_any(names, ("utter_refund_requested", "utter_exchange_requested")):
            return False
        if self.unruly.mood == "undoes" and not self.unruly.left and self.in_question:
            self.report.outcome = "solved" if any((n or "").startswith(WITHDRAWN) for n in names) else "stuck"
            return True
        if matches_any(names, self.wanted) and not self.in_question and not (asks_more and self.goal in FAULTS):
            self.report.outcome = "solved"
            return True
        if self.goal in QUESTIONS and self.by_article and not self.in_question:
            self.report.outcome = "solved"  # an article of the subject that was asked about
            return True
        if self.goal in ORDER_GOALS and matches_any(names, ("utter_order_needed",)):
            self.report.outcome = "handed off"  # without an order a person looks it up
            return True
        if self.goal in FAULTS and matches_any(names, ("utter_refund_*",)) and not matches_any(names, ("step.*",)):
            self.report.outcome = "solved"
            return True
        if self.repeated >= ASKED_AGAIN and self.kind == "thief":
            self.report.outcome = "kept out"
        return self.repeated >= ASKED_AGAIN

    def reply_to(self, messages: list[dict[str, Any]]) -> tuple[str, bool]:
        """What the traveller says next, and whether it is a click."""
        names = [m["name"] for m in messages]
        choices = [choice for m in messages for choice in m.get("choices") or []]
        self.in_question = False
        own = (self.order.number, self.order.email)
        if self.kind != "thief" and (
            said := self.unruly.interrupts(self.chance, [n or "" for n in names], self.language, own)
        ):
            self.in_question = True
            return said
        if not self.digressed and self.chance.random() < 0.15:
            self.digressed = self.in_question = True
            return self.say_of(self.chance.choice(list(QUESTIONS))), False
        if self.chance.random() < 0.04:
            self.language = "en" if self.language == "zh" else "zh"
            self.traditional = False
        if matches_any(names, ASKS):
            return self.identify(names, choices)
        if matches_any(names, ("step.*", "utter_try_it", "utter_take_your_time")):
            if self.chance.random() < 0.1 and matches_any(names, ("step.*",)):
                return self.chance.choice(TRYING[self.language]), False
            self.steps_until_fixed -= 1
            return self.of_choice(choices, "works" if self.steps_until_fixed <= 0 else "failed")
        if matches_any(names, CONFIRMS):
            if self.chance.random() < 0.3:
                return self.say_of("affirm"), False
            return self.one_of(YES, choices, "/affirm")
        if "exhausted" in names:
            return self.one_of(PERSON, choices, "/human_handoff")
        if matches_any(names, NO_ANSWER):
            own = [c for c in choices if c["payload"] == f"/{self.goal}"]
            if own:
                return own[0]["payload"], True
            return self.say_of(self.goal), False
        if choices and (self.goal in FAULTS or "utter_exchange_choose" in names):
            choice = self.chance.choice(choices)
            return (choice["payload"], True) if self.chance.random() < 0.7 else (choice["title"], False)
        return self.say_of(self.goal), False

    def identify(self, names: list[str | None], choices: list[dict[str, str]]) -> tuple[str, bool]:
        """Number and e-mail, in the way of this kind of traveller."""
        number, email = self.order.number, self.order.email
        if self.kind == "nameless":
            skip = [c for c in choices if "skip" in c["payload"]]
            if skip and self.chance.random() < 0.8:
                return skip[0]["payload"], True
            return self.chance.choice(LOST[self.language]), False
        if self.kind == "thief":
            return self.chance.choice([f"{number} guess{self.chance.randint(1, 99)}@example.com", number]), False
        if self.kind == "mistaken":
            self.kind = "plain"
            return f"{number} {email.replace('@', '.x@')}", False
        if "utter_email_wanted" in names or "utter_email_invalid" in names:
            return email, False
        return self.chance.choice([number, f"{number} {email}", f"{number[:2]} {number[2:6]} {number[6:]}"]), False

    def of_choice(self, choices: list[dict[str, str]], outcome: str) -> tuple[str, bool]:
        """The outcome of a step, clicked or in words."""
        offered = [c for c in choices if f'"{outcome}"' in c["payload"]]
        if offered and self.chance.random() < 0.5:
            return offered[0]["payload"], True
        if offered and self.chance.random() < 0.3:
            return str(choices.index(offered[0]) + 1), False
        if outcome == "failed" and self.chance.random() < 0.3:
            return self.say_of("deny"), False
        return self.chance.choice((WORKS if outcome == "works" else STILL_NOT)[self.language]), False

    def one_of(self, words: dict[str, list[str]], choices: list[dict[str, str]], payload: str) -> tuple[str, bool]:
        """A choice, clicked when it is offered, or in words."""
        if any(c["payload"] == payload for c in choices) and self.chance.random() < 0.5:
            return payload, True
        return self.chance.choice(words[self.language]), False


def matches_any(names: list[str | None], wanted: tuple[str, ...]) -> bool:
    """Whether one of the names matches."""
    return any(matches(name, wanted) for name in names)


def read_orders(var: Path) -> list[Order]:
    """All orders of the database; demo orders come first."""
    engine = open_engine(f"sqlite:///{var}/orders.db")
    query = "SELECT p.number, c.email FROM purchase p JOIN customer c ON c.id = p.customer_id ORDER BY p.number"
    with engine.connect() as connection:
        orders = [Order(row.number, row.email) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return orders


def errors_logged(var: Path) -> list[str]:
    """Lines of the stack's logs that tell of an exception."""
    # Rasa's interpolator complains of every payload with braces, and sends it unharmed.
    wanted = re.compile(r"Traceback|CRITICAL|ERROR(?!.*interpolator)")
    files = [*var.rglob("*.log")]
    return [line for file in files for line in file.read_text(errors="replace").splitlines() if wanted.search(line)]


def more_orders(var: Path, count: int) -> None:
    """Enough generated orders in the database that each traveller has one of their own."""
    catalogue, now = load_catalogue(), utc_now().replace(microsecond=0)
    engine = open_engine(f"sqlite:///{var}/orders.db")
    with Session(engine, future=True) as session, session.begin():
        there = set(session.scalars(sa.select(Purchase.number)))
        new = [order for order in generate_orders(catalogue, count) if order.number not in there]
        OrderRows(session, SeedReport(), catalogue, ZoneInfo(settings().support_timezone)).write(new, now)
    engine.dispose()


@contextmanager
def stack(url: str | None, var: Path | None, count: int) -> Iterator[tuple[str, Path]]:
    """The stack to talk to: the one named, or one of our own in a temporary folder."""
    if url and var:
        yield url, var
        return
    from tests.support.running_stack import running_stack  # type: ignore[import-not-found]

    with tempfile.TemporaryDirectory(prefix="aftercare-simulate-") as folder:
        copy, own = Path(folder) / "project", Path(folder) / "var"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        print(f"{leave_out(copy / 'data' / 'nlu')} sentences are kept from the model")
        environment = {**os.environ, "PYTHONPATH": str(copy), "AFTERCARE_VAR": str(own)}
        train = [sys.executable, "-m", "aftercare.run.cli", "train"]
        subprocess.run(train, cwd=copy, env=environment, check=True)
        with running_stack(own, copy) as running:
            more_orders(running.var, count)
            yield running.rasa_url, running.var


def simulate(
    url: str, var: Path, places: range, seed: int, minutes: float, workers: int
) -> tuple[list[Report], list[str]]:
    """Hold the conversations with these places; those not begun within `minutes` are left out."""
    phrases, orders = sentences(ROOT / "data" / "nlu"), read_orders(var)
    random.Random(seed).shuffle(orders)
    secret = (var / "secrets" / "engine").read_text().strip()
    before, deadline = len(errors_logged(var)), time.monotonic() + minutes * 60
    with httpx.Client(base_url=url, timeout=60, headers={"X-Engine-Secret": secret}) as client:

        def one(place: int) -> Report | None:
            if time.monotonic() > deadline:
                return None
            order = orders[place % len(orders)]  # one's own: what one conversation changes is no other's
            return Traveller(seed * 1_000_000 + place, phrases, [order], client).talk()

        with ThreadPoolExecutor(workers) as pool:
            reports = [report for report in pool.map(one, places) if report is not None]
    return reports, errors_logged(var)[before:]


def kept(file: Path | None) -> tuple[list[Report], list[str]]:
    """Conversations and errors of earlier slices."""
    if file is None or not file.exists():
        return [], []
    reports, errors = json.loads(file.read_text(encoding="utf-8"))
    return [Report(**report) for report in reports], errors


_HELD = f"One sentence in {HELD_OUT} is kept from the model, and the travellers speak in those."
_KNOWN = "The model of the running stack has learnt the sentences in which the travellers speak, but not what they add."


def summary(reports: list[Report], errors: list[str], seed: int, *, running: bool = False) -> str:
    """The results as Markdown: a table against the bars, then transcripts of failures; `running`, with `--url`."""
    total = len(reports)
    outcomes = Counter(report.outcome for report in reports)
    faults = Counter(fault for report in reports for fault in report.faults)
    times = [value for report in reports for value in report.milliseconds]
    replies = sum(report.replies for report in reports)
    right = 1 - sum(report.wrong_language for report in reports) / max(1, replies)
    exceptions = faults["exception"] + len(errors)
    contradictory = sum("contradictory" in report.faults for report in reports)

    def share(number: int) -> str:
        return f"{number} ({number / total:.1%})"

    rows = [
        ("conversations, turns", f"{total}, {len(times)}", ""),
        ("solved", share(outcomes["solved"]), ""),
        ("handed to a person", share(outcomes["handed off"]), ""),
        ("strangers kept out", share(outcomes["kept out"]), ""),
        ("stuck", share(outcomes["stuck"]), "≤ 2%"),
        ("contradictory", share(contradictory), ""),
        ("replies in the right language", f"{right:.1%}", "≥ 98%"),
        ("silent turns", str(faults["silent"]), "0"),
        ("exceptions", str(exceptions), "0"),
        ("disclosures without ownership", str(faults["disclosure"]), "0"),
        ("turn, p50 / p95", f"{median(times):.0f} ms / {quantiles(times, n=20)[-1]:.0f} ms", ""),
    ]
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = [
        "# Simulated travellers",
        "",
        f"`python bench/simulate.py --count {total} --seed {seed}{' --url …' if running else ''}`, {when}. "
        f"{_KNOWN if running else _HELD} Simulator and stack on one machine.",
        "",
        "| measure | result | bar |",
        "|---|---|---|",
        *(f"| {name} | {value} | {bar} |" for name, value, bar in rows),
        "",
    ]
    lines += [
        "| kind | conversations | solved | to a person | stuck | wrong language | faults |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for mood in sorted({report.mood for report in reports}):
        those = [report for report in reports if report.mood == mood]
        ended = Counter(report.outcome for report in those)
        shares = " | ".join(f"{ended[outcome] / len(those):.1%}" for outcome in ("solved", "handed off", "stuck"))
        wrong, broken = sum(r.wrong_language for r in those), sum(len(r.faults) for r in those)
        lines.append(f"| {mood} | {len(those)} | {shares} | {wrong} | {broken} |")
    lines.append("")
    stuck = Counter(report.goal for report in reports if report.outcome == "stuck")
    if stuck:
        lines += ["Stuck by goal: " + ", ".join(f"{goal} {number}" for goal, number in stuck.most_common()) + ".", ""]
    bad = [r for r in reports if r.faults or r.outcome == "stuck" or r.wrong_language]
    if bad:
        lines += ["## Failures", ""]
    for report in sorted(bad, key=lambda r: (not r.faults, r.outcome != "stuck"))[:SHOWN_FAILURES]:
        wrong = f", {report.wrong_language} replies in the wrong language" if report.wrong_language else ""
        faults_text = ", ".join(sorted(set(report.faults))) or "–"
        lines += [f"{report.goal}, {report.outcome}, faults: {faults_text}{wrong}", "", "```"]
        lines += [*report.transcript, "```", ""]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="conversations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="begin no conversation after so long")
    parser.add_argument("--workers", type=int, default=2, help="travellers at the same time")
    parser.add_argument("--url", help="a running Rasa")
    parser.add_argument("--var", type=Path, help="that stack's folder with databases, secrets and logs")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--kept", type=Path, help="go on after the conversations in this file, and add to it")
    arguments = parser.parse_args()
    reports, errors = kept(arguments.kept)
    places = range(len(reports), len(reports) + arguments.count)
    with stack(arguments.url, arguments.var, len(reports) + arguments.count) as (url, var):
        more, new_errors = simulate(url, var, places, arguments.seed, arguments.minutes, arguments.workers)
    reports, errors = reports + more, errors + new_errors
    if arguments.kept:
        arguments.kept.write_text(json.dumps([[asdict(report) for report in reports], errors]), encoding="utf-8")
    text = summary(reports, errors, arguments.seed, running=bool(arguments.url))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    print(text.split("## Failures")[0])
    for line in errors[:5]:
        print(line[:300])


if __name__ == "__main__":
    main()
