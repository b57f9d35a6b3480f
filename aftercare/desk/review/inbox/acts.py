"""What staff write down about a conversation: notes, tags, flags, read, reviewed, put off, saved views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.desk.review.inbox.indexing import Indexer
from aftercare.desk.review.inbox.sql import insert, insert_unless_there
from aftercare.desk.review.inbox.tables import flag, mention, note, reading, saved_view, summary, tag
from aftercare.desk.review.people.tables import staff
from aftercare.desk.tables import conversation, event
from aftercare.prepared import begin_to_write

FLAGS = ("wrong", "unclear", "good", "privacy")
LONGEST_TAG = 40
LONGEST_NOTE = 4000
MOST_VIEWS = 20
_MENTION = re.compile(r"@([^\s@,.;:!?，。；：！？、]{1,80})")


class NotPossible(Exception):
    """What was asked cannot be done; `key` names the text that says what to do."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Author:
    """Who of the staff does it."""

    id: str
    name: str


@dataclass(frozen=True)
class Written:
    """A stored note and the staff it names."""

    id: int
    mentioned: tuple[str, ...]


class Acts:
    """The inbox's writes; each is one transaction. Blocking: call it from a worker thread."""

    def __init__(self, engine: Engine, indexer: Indexer) -> None:
        self._engine = engine
        self._indexer = indexer

    def write_note(self, conversation_id: str, by: Author, text: str, client_id: str, now: datetime) -> Written:
        """Keep a note once per `client_id`; `@name` tells colleagues of that name, or first name.

        Raises:
            NotPossible: it is empty or too long, or the conversation is gone.
        """
        text = text.strip()
        if not text or len(text) > LONGEST_NOTE:
            raise NotPossible("inbox.note_length")
        with self._engine.connect() as connection:
            begin_to_write(connection)
            last = connection.execute(
                sa.select(conversation.c.last_seq).where(conversation.c.id == conversation_id)
            ).scalar_one_or_none()
            if last is None:
                raise NotPossible("inbox.gone")
            values = {"conversation_id": conversation_id, "client_id": client_id[:64], "after_seq": last, "text": text}
            values |= {"author_id": by.id, "author": by.name, "at": now}
            done = connection.execute(insert_unless_there(connection, note), values)
            found = connection.execute(sa.select(note.c.id).where(note.c.client_id == client_id[:64])).scalar_one()
            named: tuple[str, ...] = ()
            if done.rowcount:
                people = connection.execute(sa.select(staff.c.id, staff.c.name).where(staff.c.disabled_at.is_(None)))
                named = tuple(_named(text, people, by.id))
                if named:
                    rows = [{"note_id": found, "staff_id": each} for each in named]
                    connection.execute(sa.insert(mention), rows)
            connection.commit()
        return Written(found, named)

    def set_tag(self, conversation_ids: Iterable[str], name: str, by: Author, now: datetime, on: bool = True) -> None:
        """Put a tag on conversations, or take it off.

        Raises:
            NotPossible: it is empty or too long.
        """
        name = " ".join(name.split()).lower()
        if not 1 <= len(name) <= LONGEST_TAG:
            raise NotPossible("inbox.tag_length")
        ids = list(conversation_ids)
        with self._engine.connect() as connection:
            begin_to_write(connection)
            if on:
                there = connection.execute(sa.select(conversation.c.id).where(conversation.c.id.in_(ids))).scalars()
                rows = [{"conversation_id": each, "name": name, "by": by.name, "at": now} for each in there]
                if rows:
                    connection.execute(insert_unless_there(connection, tag), rows)
            else:
                connection.execute(sa.delete(tag).where(tag.c.conversation_id.in_(ids), tag.c.name == name))
            connection.commit()
        for each in ids:
            self._indexer.mark(each)

    def set_flag(self, conversation_id: str, seq: int, reason: str, by: Author, now: datetime) -> None:
        """Flag a message, or with an empty reason take its flag away.

        Raises:
            NotPossible: there is no such message or reason.
        """
        if reason and reason not in FLAGS:
            raise NotPossible("inbox.flag_unknown")
        with self._engine.connect() as connection:
            begin_to_write(connection)
            there = connection.execute(
                sa.select(event.c.seq).where(event.c.conversation_id == conversation_id, event.c.seq == seq)
            ).first()
            if there is None:
                raise NotPossible("inbox.gone")
            connection.execute(sa.delete(flag).where(flag.c.conversation_id == conversation_id, flag.c.seq == seq))
            if reason:
                values = {"conversation_id": conversation_id, "seq": seq, "reason": reason, "by": by.name, "at": now}
                connection.execute(sa.insert(flag).values(**values))
            connection.commit()
        self._indexer.mark(conversation_id)

    def set_reviewed(self, conversation_ids: Iterable[str], by: Author, now: datetime | None) -> None:
        """Mark conversations reviewed, or with None not reviewed."""
        values = {"reviewed_at": now, "reviewed_by": by.name if now else None}
        self._update(conversation_ids, **values)

    def set_saved(self, conversation_ids: Iterable[str], saved: bool) -> None:
        """Save conversations for later, or not any more."""
        self._update(conversation_ids, saved=saved)

    def snooze(self, conversation_id: str, until: datetime | None) -> None:
        """Leave a conversation out of the tabs of work until then; the traveller's next message ends it."""
        self._update([conversation_id], snoozed_until=until)

    def read(self, conversation_id: str, staff_id: str, seq: int, now: datetime) -> None:
        """A member of staff has seen a conversation up to event `seq`, and the notes that name them."""
        with self._engine.connect() as connection:
            begin_to_write(connection)
            there = sa.select(conversation.c.id).where(conversation.c.id == conversation_id)
            if connection.execute(there).first() is None:
                return
            row = insert(connection, reading).values(staff_id=staff_id, conversation_id=conversation_id, seq=seq)
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["staff_id", "conversation_id"],
                    set_={"seq": row.excluded.seq},
                    where=reading.c.seq < row.excluded.seq,
                )
            )
            own = sa.select(note.c.id).where(note.c.conversation_id == conversation_id)
            connection.execute(
                sa.update(mention)
                .where(mention.c.staff_id == staff_id, mention.c.read_at.is_(None), mention.c.note_id.in_(own))
                .values(read_at=now)
            )
            connection.commit()

    def save_view(self, staff_id: str, name: str, query: str) -> None:
        """Keep filters under a name; the name's former filters are replaced.

        Raises:
            NotPossible: the name is empty or too long, or there are too many views.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_TAG:
            raise NotPossible("inbox.view_name")
        with self._engine.connect() as connection:
            begin_to_write(connection)
            others = connection.execute(
                sa.select(sa.func.count()).where(saved_view.c.staff_id == staff_id, saved_view.c.name != name)
            ).scalar_one()
            if others >= MOST_VIEWS:
                raise NotPossible("inbox.view_many")
            row = insert(connection, saved_view).values(staff_id=staff_id, name=name, query=query[:2000])
            connection.execute(
                row.on_conflict_do_update(index_elements=["staff_id", "name"], set_={"query": row.excluded.query})
            )
            connection.commit()

    def delete_view(self, staff_id: str, view_id: int) -> None:
        """Forget a view of one's own."""
        with self._engine.begin() as connection:
            own = sa.and_(saved_view.c.id == view_id, saved_view.c.staff_id == staff_id)
            connection.execute(sa.delete(saved_view).where(own))

    def colleagues(self) -> list[Author]:
        """Staff who can be given a conversation."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(staff.c.id, staff.c.name)
                .where(staff.c.disabled_at.is_(None), staff.c.role.in_(("agent", "lead", "admin")))
                .order_by(staff.c.name)
            )
            return [Author(str(row.id), row.name) for row in rows]

    def _update(self, conversation_ids: Iterable[str], **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(summary).where(summary.c.conversation_id.in_(list(conversation_ids))).values(**values)
            )


def _named(text: str, people: Iterable[sa.engine.Row], author_id: str) -> Iterable[str]:
    """Staff whose name, or its first word, stands after an @."""
    wanted = {match.lower() for match in _MENTION.findall(text)}
    for person in people:
        name = person.name.lower()
        names = {name.replace(" ", ""), name.split()[0]}
        # Chinese is written without spaces: the name may be followed by other characters
        close = any(word.startswith(name.replace(" ", "")) for word in wanted if not word.isascii())
        if (names & wanted or close) and str(person.id) != author_id:
            yield str(person.id)
