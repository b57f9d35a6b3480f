"""The inbox with a million messages: fills an empty desk database and measures what each page of it costs the server.

`python bench/desk_queries.py` uses a SQLite file in a temporary folder (some 2 GB); with the URL of an empty PostgreSQL
database it fills that. A database that is filled already is only measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from aftercare.database import open_engine
from aftercare.desk.review.inbox.filters import Filters
from aftercare.desk.review.inbox.indexing import PREVIEW, Understood
from aftercare.desk.review.inbox.queries import Inbox
from aftercare.desk.review.inbox.tables import posting, summary, term
from aftercare.desk.review.inbox.thread import Threads
from aftercare.desk.review.inbox.words import words_of
from aftercare.desk.schema import migrate
from aftercare.desk.tables import conversation, event
from aftercare.settings import DATA

ZONE = ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=timezone.utc)
STAFF = [f"staff-{index}" for index in range(20)]
PROVIDERS = ["kiwiroam", "tasman", "longwhite", "southern"]
TAGS = ["vip", "bug", "refund", "follow-up", "训练"]
CHUNK = 20_000

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


class Filler:
    """Makes the rows of one database, the same each time."""

    def __init__(self, conversations: int, messages: int) -> None:
        self.random = random.Random(20261101)
        self.sentences = sentences()
        self.conversations = conversations
        self.mean = messages / conversations
        self.terms: dict[tuple[str, str], int] = {}
        self.postings: list[int] = []
        self.summaries: list[dict[str, Any]] = []

    def term(self, kind: str, value: str) -> int:
        """The number of a term."""
        return self.terms.setdefault((kind, value[:80]), len(self.terms) + 1)

    def rows(self) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Each conversation with its events."""
        words: dict[str, list[int]] = {}
        names = sorted({intent for _text, intent, _language in self.sentences})
        for number in range(1, self.conversations + 1):
            pick = self.random
            started = NOW - timedelta(minutes=pick.uniform(0, 365 * 24 * 60))
            turns = max(1, round(pick.expovariate(1 / (self.mean / 2))))
            chosen = [pick.choice(self.sentences) for _ in range(turns)]
            identity, events, terms, lowest, unhappy = f"{number:040x}", [], set(), 1.0, False
            at, order = started, f"NZ{10_000_000 + number}"
            for index, (text, intent, _language) in enumerate(chosen):
                if index == 1:
                    text = f"{order}, traveller{number}@example.com"
                confidence = min(1.0, pick.betavariate(6, 1.2))
                intent = "nlu_fallback" if confidence < 0.3 else intent
                turn = {
                    "language": "en",
                    "intent": intent,
                    "confidence": confidence,
                    "ranking": [
                        {"name": name, "confidence": confidence / (n + 1)} for n, name in enumerate(names[:10])
                    ],
                    "entities": [{"entity": "order_number", "value": order}] if index == 1 else [],
                    "actions": [f"action_{intent}", "action_listen"],
                    "slots": {},
                }
                answer = (
                    f"[{intent}] We looked at your order and at the network: {self.random.choice(self.sentences)[0]}"
                )
                for sender, said, status in (("traveller", text, "answered"), ("assistant", answer, None)):
                    at += timedelta(seconds=pick.uniform(1, 60))
                    row = {"conversation_id": identity, "seq": len(events) + 1, "at": at, "kind": "message"}
                    row |= {"sender": sender, "text": said, "status": status}
                    events.append(row | {"turn": json.dumps(turn) if sender == "traveller" else None})
                    if said not in words:
                        words[said] = [self.term("word", word) for word in words_of(said)]
                    terms.update(words[said])
                    if index == 1 or sender == "assistant":
                        del words[said]
                understood = Understood.of(turn)
                terms.update(self.term(*each) for each in understood.terms())
                lowest = min(lowest, understood.certainty or 0.0)
                unhappy = unhappy or intent == "complain"
            if pick.random() < 0.1:
                terms.add(self.term("tag", pick.choice(TAGS)))
            if pick.random() < 0.02:
                terms.add(self.term("flag", pick.choice(["wrong", "unclear", "good"])))
            state = pick.choices(["assistant", "closed", "waiting", "agent"], [0.3, 0.66, 0.01, 0.03])[0]
            agent = pick.choice(STAFF) if state == "agent" else None
            local = started.astimezone(ZONE)
            language = chosen[-1][2]
            line = {"number": number, "conversation_id": identity, "indexed_seq": len(events), "indexed_at": at}
            line |= {"channel": pick.choices(["web", "telegram"], [0.8, 0.2])[0], "state": state, "agent_id": agent}
            line |= {"agent_name": agent, "language": language, "script": None, "started_at": started, "last_at": at}
            line |= {"minute": local.hour * 60 + local.minute, "last_seq": len(events), "lowest": lowest}
            line |= {"last_text": events[-1]["text"][:PREVIEW], "last_sender": "assistant"}
            line |= {"waiting_since": at if state in ("waiting", "agent") else None, "low": lowest < 0.5}
            line |= {"unhappy": unhappy, "order_number": order if turns > 1 else None}
            line |= {"provider": pick.choice(PROVIDERS) if turns > 1 else None, "customer_id": number // 3}
            line |= {"rating": pick.choice([None, None, None, 1, 2, 3, 4, 5, 5]), "saved": pick.random() < 0.01}
            line |= {"reviewed_at": at if pick.random() < 0.2 else None}
            self.summaries.append(line)
            self.postings += [each << 24 | number for each in terms]
            talk = {
                "id": identity,
                "channel": line["channel"],
                "state": state,
                "locale": language,
                "language": language,
            }
            talk |= {"last_seq": len(events), "token_generation": 1, "token_used_at": started, "started_at": started}
            yield talk | {"updated_at": at, "agent_id": agent, "agent_name": agent}, events


def fill(engine: Engine, filler: Filler) -> int:
    """Write everything; the number of messages."""
    messages = 0
    rows = filler.rows()
    while chunk := list(itertools.islice(rows, 1000)):
        events = [row for _talk, several in chunk for row in several]
        messages += len(events)
        load(engine, conversation, [talk for talk, _events in chunk])
        load(engine, event, events)
    load(engine, summary, filler.summaries)
    load(engine, term, [{"id": n, "kind": kind, "value": value} for (kind, value), n in filler.terms.items()])
    pairs = np.sort(np.array(filler.postings, dtype=np.int64))
    for start in range(0, len(pairs), CHUNK * 10):
        part = pairs[start : start + CHUNK * 10].tolist()
        load(engine, posting, [{"term_id": pair >> 24, "number": pair & 0xFFFFFF} for pair in part])
    return messages


def load(engine: Engine, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert many rows by the database's quickest way."""
    columns = list(rows[0])
    raw = engine.raw_connection()
    cursor = raw.cursor()
    if engine.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
        cursor.executemany(statement, ([sqlite_value(row[name]) for name in columns] for row in rows))
    else:
        for start in range(0, len(rows), CHUNK):
            lines = ("\t".join(copy_value(row[name]) for name in columns) for row in rows[start : start + CHUNK])
            cursor.copy_from(StringIO("\n".join(lines) + "\n"), table.name, columns=columns)
    raw.commit()
    raw.close()


def sqlite_value(value: Any) -> Any:
    """As SQLAlchemy would have written it."""
    return value.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def copy_value(value: Any) -> str:
    """A field of COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")


def measured(call: Callable[[int], Any], times: int) -> tuple[float, float, Any]:
    """Milliseconds at p50 and p95 of `times` calls, and the last result."""
    spent, result = [], None
    for index in range(times):
        began = time.perf_counter()
        result = call(index)
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return statistics.median(spent), spent[min(len(spent) - 1, int(len(spent) * 0.95))], result


FILTERS: dict[str, dict[str, str]] = {
    "tab person": {"tab": "person"},
    "tab mine": {"tab": "mine"},
    "tab unassigned": {"tab": "unassigned"},
    "tab low confidence": {"tab": "low"},
    "tab unhappy": {"tab": "unhappy"},
    "all": {},
    "channel": {"channel": "telegram"},
    "language": {"language": "zh"},
    "intent": {"intent": "request_refund"},
    "entity": {"entity": "order_number"},
    "action": {"action": "action_ask_apn"},
    "confidence 0-0.3": {"certain_from": "0", "certain_to": "3"},
    "confidence 0.9-1": {"certain_from": "9", "certain_to": "10"},
    "intent and confidence": {"intent": "ask_apn", "certain_from": "3", "certain_to": "5"},
    "dates": {"date_from": "2026-03-01", "date_to": "2026-03-07"},
    "time of day": {"time_from": "22:00", "time_to": "06:00"},
    "length": {"length_from": "100"},
    "tag": {"tag": "vip"},
    "flag": {"flag": "wrong"},
    "reviewed": {"reviewed": "yes"},
    "saved for later": {"reviewed": "saved"},
    "rating": {"rating_to": "2"},
    "provider": {"provider": "tasman"},
    "order number": {"order": "NZ10020000"},
    "text, frequent English": {"q": "esim"},
    "text, English": {"q": "queenstown refund"},
    "text, e-mail": {"q": "traveller31234@example.com"},
    "text, two characters": {"q": "退款"},
    "text, Chinese sentence": {"q": "激活不了怎么办"},
    "text, one character": {"q": "慢"},
    "text, nowhere": {"q": "xylophone"},
    "no line fits": {
        "channel": "telegram",
        "rating_to": "1",
        "provider": "tasman",
        "flag": "good",
        "length_from": "900",
    },
    "several": {"language": "zh", "intent": "ask_apn", "rating_from": "3", "q": "设置", "provider": "kiwiroam"},
}


def report(engine: Engine, times: int) -> None:
    """Measure and print a table."""
    inbox, threads = Inbox(engine, ZONE), Threads(engine)
    print(f"\n{engine.dialect.name}: milliseconds of server time, {times} calls each\n")
    print("| page | p50 | p95 | lines |\n|---|---:|---:|---:|")

    def row(name: str, call: Callable[[int], Any], size: Callable[[Any], int]) -> None:
        p50, p95, result = measured(call, times)
        print(f"| {name} | {p50:.1f} | {p95:.1f} | {size(result)} |", flush=True)

    for name, values in FILTERS.items():
        filters = Filters(**{"tab": "all", **values})
        row(
            name,
            lambda index, filters=filters: inbox.page(filters, STAFF[index % 20], NOW),
            lambda page: len(page.lines),
        )
    everything, cursor = Filters(tab="all"), None
    for _ in range(20):
        cursor = inbox.page(everything, STAFF[0], NOW, cursor).after
    row("page 21", lambda _index: inbox.page(everything, STAFF[0], NOW, cursor), lambda page: len(page.lines))
    row("counts of the tabs", lambda index: inbox.counts(STAFF[index % 20], NOW), len)
    row("choices of the filters", lambda _index: [inbox.values(kind) for kind in ("intent", "entity", "action")], len)
    with engine.connect() as connection:
        total = connection.execute(sa.select(sa.func.count()).select_from(conversation)).scalar_one()
    picked = random.Random(7)
    ids = [f"{picked.randint(1, total):040x}" for _ in range(times)]
    row("open a conversation", lambda index: threads.latest(ids[index]), lambda found: len(found.events))
    with engine.connect() as connection:
        longest = connection.execute(
            sa.select(summary.c.conversation_id).order_by(summary.c.last_seq.desc()).limit(1)
        ).scalar_one()
    row("open the longest one", lambda _index: threads.latest(longest), lambda found: len(found.events))


def main() -> None:
    """Fill, if the database is empty, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--conversations", type=int, default=40_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aftercare-inbox-") as folder:
        run(options.url or f"sqlite:///{folder}/inbox.db", options.conversations, options.messages, options.times)


def run(url: str, conversations: int, messages: int, times: int) -> None:
    """Fill one database, if it is empty, and measure."""
    engine = open_engine(url, timeout=60)
    migrate(engine)
    with engine.connect() as connection:
        empty = connection.execute(sa.select(conversation.c.id).limit(1)).first() is None
    if empty:
        began = time.perf_counter()
        filler = Filler(conversations, messages)
        written = fill(engine, filler)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        seconds = time.perf_counter() - began
        postings = len(filler.postings)
        print(f"{written} messages in {conversations} conversations, {postings} postings: {seconds:.0f} s")
    report(engine, times)
    engine.dispose()


if __name__ == "__main__":
    main()
