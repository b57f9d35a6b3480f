"""Keeps the summaries and search words of the inbox up to date with the conversations, from where it last stopped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from aftercare.base.sql import begin_to_write, insert_or_ignore, inserted_id
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.statements import OWED_SINCE
from aftercare.conversations.tables import conversation, rating
from aftercare.conversations.transcript import TranscriptMessage, read_on
from aftercare.staff.inbox.search_words import words_of
from aftercare.staff.inbox.tables import flag, posting, summary, tag, term

UNHAPPY_RATING = 2  # of 5, and less
PREVIEW = 160  # characters of the last message that the list shows
_KNOWN_TERMS = 50_000
_DELETED_AT_ONCE = 200

Term = tuple[str, str]


class OrderLink(NamedTuple):
    """The order a conversation has proven to be about."""

    number: str
    provider: str
    customer_id: int
    customer: str = ""  # the name


class OrderLookup(NamedTuple):
    """What the order database says of a conversation.

    `asked_at` is since when an open ticket asks for a person's work. Where the database did not answer, `known` is
    False and the values indexed before stay.
    """

    order: OrderLink | None = None
    asked_at: datetime | None = None
    known: bool = True


def terms_of(understood: TurnReading) -> Iterator[Term]:
    """The terms a message can be found by, besides its words."""
    certainty = understood.certainty
    tenth = None if certainty is None else min(9, int(certainty * 10))
    if tenth is not None:
        yield "confidence", str(tenth)
    if understood.intent:
        yield "intent", understood.intent
        if tenth is not None:
            yield "understood", f"{understood.intent}@{tenth}"
    yield from (("entity", str(each["entity"])) for each in understood.entities)
    yield from (("action", name) for name in understood.actions)


class Terms:
    """Numbers of terms; the latest ones are cached."""

    def __init__(self) -> None:
        self._known: OrderedDict[Term, int] = OrderedDict()

    def numbers(self, connection: Connection, wanted: Iterable[Term]) -> list[int]:
        """The number of each term, new ones included; written in the transaction of `connection`."""
        terms = sorted({(kind, value[:80]) for kind, value in wanted})
        unknown = [each for each in terms if each not in self._known]
        found: dict[Term, int] = {}
        if unknown:
            rows = [{"kind": kind, "value": value} for kind, value in unknown]
            connection.execute(insert_or_ignore(connection, term), rows)
            for start in range(0, len(unknown), 200):
                part = unknown[start : start + 200]
                read = sa.select(term).where(sa.tuple_(term.c.kind, term.c.value).in_(part))
                found.update({(row.kind, row.value): row.id for row in connection.execute(read)})
        numbers = [found[each] if each in found else self._known[each] for each in terms]
        self._known.update(found)
        while len(self._known) > _KNOWN_TERMS:
            self._known.popitem(last=False)
        return numbers

    def forget(self) -> None:
        """Forget all numbers: a transaction was rolled back, or terms were deleted."""
        self._known.clear()


class Indexer:
    """Brings `summary` and `posting` up to a conversation's last event. It blocks: call it from a worker thread."""

    def __init__(self, engine: Engine, zone: ZoneInfo) -> None:
        self._engine = engine
        self._zone = zone
        self._terms = Terms()

    def outdated(self, since: datetime | None = None, limit: int = 500) -> list[str]:
        """Conversations whose last change is not in the index yet; `since` bounds the look to those changed later."""
        late = sa.or_(
            summary.c.number.is_(None),
            summary.c.last_at < conversation.c.updated_at,
            summary.c.last_seq < conversation.c.last_seq,
        )
        wanted = (
            sa.select(conversation.c.id)
            .outerjoin(summary, summary.c.conversation_id == conversation.c.id)
            .where(conversation.c.last_seq > 0, late)
            .limit(limit)
        )
        rated = (
            sa.select(summary.c.conversation_id)
            .join(rating, rating.c.conversation_id == summary.c.conversation_id)
            .where(rating.c.at > summary.c.indexed_at)
            .limit(limit)
        )
        if since is not None:
            wanted = wanted.where(conversation.c.updated_at >= since)
            rated = rated.where(rating.c.at >= since)
        with self._engine.connect() as connection:
            found = [*connection.execute(wanted).scalars(), *connection.execute(rated).scalars()]
        return list(dict.fromkeys(found))

    def index(self, conversation_id: str, looked_up: OrderLookup | None = None) -> bool:
        """Index what is new; False when the conversation is gone or nothing was said. Doing it twice changes nothing.

        Without an order in `looked_up`, the one that is known stays.
        """
        try:
            with self._engine.connect() as connection:
                begin_to_write(connection)
                done = self._index(connection, conversation_id, looked_up or OrderLookup())
                connection.commit()
                return done
        except Exception:
            self._terms.forget()
            raise

    def _index(self, connection: Connection, conversation_id: str, looked_up: OrderLookup) -> bool:
        found = connection.execute(_CONVERSATION, {"key": conversation_id}).one_or_none()
        if found is None or found.last_seq == 0:
            return False
        before = connection.execute(_SUMMARY, {"key": conversation_id}).one_or_none()
        state = _SummaryState.of(before)
        # the names it has on the page: a visitor's, the customer's, those of the staff who had it
        names = (conversation_id[:6], looked_up.order.customer if looked_up.order else "", found.agent_name or "")
        terms: set[Term] = {("word", word) for name in names for word in words_of(name)}
        for each in read_on(connection, conversation_id, state.final_seq):
            terms |= state.add(each)
        values = state.values(found, self._zone)
        if found.state == "waiting":
            values["waiting_since"] = found.in_line_since
        elif found.state == "agent":
            values["waiting_since"] = connection.execute(OWED_SINCE, {"key": conversation_id}).scalar_one()
        elif looked_up.known:
            values["waiting_since"] = looked_up.asked_at
        elif before is not None and before.state == found.state:
            values["waiting_since"] = before.waiting_since
        if before is not None and state.last_traveller_seq > before.last_seq:  # a new message of the traveller ends it
            values["snoozed_until"] = None
        score = connection.execute(_RATING, {"key": conversation_id}).scalar_one_or_none()
        values |= {"rating": score, "unhappy": state.unhappy or (score is not None and score <= UNHAPPY_RATING)}
        if (order := looked_up.order) is not None:
            values |= {"order_number": order.number, "provider": order.provider, "customer_id": order.customer_id}
        if before is None:
            number = inserted_id(
                connection.execute(sa.insert(summary).values(conversation_id=conversation_id, saved=False, **values))
            )
        else:
            number = before.number
            connection.execute(_UPDATE, {**values, "summary_number": number})
        if terms:
            self.add_postings(connection, number, terms)
        return True

    def add_postings(self, connection: Connection, number: int, terms: Iterable[Term]) -> None:
        """Make the conversation be found by `terms` as well."""
        rows = [{"term_id": each, "number": number} for each in self._terms.numbers(connection, terms)]
        connection.execute(insert_or_ignore(connection, posting), rows)

    def index_marks(self, conversation_id: str) -> None:
        """Make the postings of tags and flags, which can be removed, match the tables `tag` and `flag`."""
        with self._engine.connect() as connection:
            begin_to_write(connection)
            number = connection.execute(
                sa.select(summary.c.number).where(summary.c.conversation_id == conversation_id)
            ).scalar_one_or_none()
            if number is None:
                return
            own = sa.select(term.c.id).where(term.c.kind.in_(("tag", "flag")))
            connection.execute(sa.delete(posting).where(posting.c.number == number, posting.c.term_id.in_(own)))
            tags = connection.execute(sa.select(tag.c.name).where(tag.c.conversation_id == conversation_id)).scalars()
            flags = connection.execute(
                sa.select(flag.c.reason).where(flag.c.conversation_id == conversation_id)
            ).scalars()
            terms = {*(("tag", name) for name in tags), *(("flag", reason) for reason in flags)}
            if terms:
                self.add_postings(connection, number, terms)
            connection.commit()

    def unused_terms(self, limit: int = 5000) -> list[int]:
        """Words that no conversation contains any more; a read, which may take a second."""
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(term.c.id).where(~_USED).limit(limit)).scalars())

    def delete_terms(self, term_ids: Sequence[int]) -> None:
        """Remove those of `unused_terms` that are still unused: a deleted conversation leaves no words."""
        for start in range(0, len(term_ids), _DELETED_AT_ONCE):
            part = term_ids[start : start + _DELETED_AT_ONCE]
            with self._engine.connect() as connection:
                begin_to_write(connection)
                connection.execute(sa.delete(term).where(term.c.id.in_(part), ~_USED))
                connection.commit()
            self._terms.forget()


@dataclass
class _SummaryState:
    """A conversation's summary while events are added. `final_seq` is the last event that is final."""

    final_seq: int = 0
    pending: bool = False
    lowest: float | None = None
    low: bool = False
    unhappy: bool = False
    last_text: str = ""
    last_sender: str | None = None
    last_traveller_seq: int = 0

    @classmethod
    def of(cls, row: Row[Any] | None) -> _SummaryState:
        if row is None:
            return cls()
        return cls(
            final_seq=row.indexed_seq,
            lowest=row.lowest,
            low=row.low,
            unhappy=row.unhappy,
            last_text=row.last_text,
            last_sender=row.last_sender,
        )

    def add(self, message: TranscriptMessage) -> set[Term]:
        """Add an event; the terms the conversation can now be found by."""
        # a message that waits for its answer is read again when it is known how it was understood
        self.pending = self.pending or message.status == "pending"
        if not self.pending:
            self.final_seq = message.seq
        if message.kind == "message" and (message.text or message.image):
            self.last_text, self.last_sender = _one_line(message.text), message.sender
        # the assistant's greeting says nothing of the conversation; the filter by action finds it
        has_words = message.kind == "message" and message.name != "utter_greet"
        terms: set[Term] = {("word", word) for word in words_of(message.text)} if has_words else set()
        if message.sender == "traveller":
            self.last_traveller_seq = message.seq
            understood = TurnReading.from_json(message.turn)
            terms |= set(terms_of(understood))
            self.low = self.low or understood.low
            self.unhappy = self.unhappy or understood.complains or message.status == "failed"
            if understood.certainty is not None:
                self.lowest = min(understood.certainty, 1.0 if self.lowest is None else self.lowest)
        return terms

    def values(self, found: Row[Any], zone: ZoneInfo) -> dict[str, Any]:
        """The columns of the summary."""
        began = found.started_at.astimezone(zone)
        return {
            "indexed_seq": self.final_seq,
            "indexed_at": datetime.now(UTC),
            "channel": found.channel,
            "state": found.state,
            "agent_id": found.agent_id,
            "agent_name": found.agent_name,
            "language": found.language,
            "script": found.script,
            "started_at": found.started_at,
            "minute": began.hour * 60 + began.minute,
            "last_at": found.updated_at,
            "last_seq": found.last_seq,
            "last_text": self.last_text,
            "last_sender": self.last_sender,
            "waiting_since": None,
            "lowest": self.lowest,
            "low": self.low,
            "unhappy": self.unhappy,
        }


# statements are built once: building one takes SQLAlchemy longer than SQLite takes to run it
_CONVERSATION = sa.select(conversation).where(conversation.c.id == sa.bindparam("key")).with_for_update(of=conversation)
_SUMMARY = sa.select(summary).where(summary.c.conversation_id == sa.bindparam("key"))
_UPDATE = sa.update(summary).where(summary.c.number == sa.bindparam("summary_number"))
_USED = sa.exists(sa.select(1).where(posting.c.term_id == term.c.id))
_RATING = (
    sa.select(rating.c.score)
    .where(rating.c.conversation_id == sa.bindparam("key"))
    .order_by(rating.c.chapter.desc())
    .limit(1)
)


def _one_line(text: str) -> str:
    return " ".join(text[: PREVIEW * 2].split())[:PREVIEW]
