"""Stores what staff add to a conversation: notes, tags, flags, read, reviewed, saved and snoozed; and saved views."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.sql import ColumnElement

from aftercare.base.sql import begin_to_write, insert, insert_or_ignore
from aftercare.conversations.messages import clean_text
from aftercare.conversations.tables import conversation, event
from aftercare.staff.access.tables import staff
from aftercare.staff.inbox.indexing import Indexer
from aftercare.staff.inbox.tables import flag, mention, note, reading, saved_view, summary, tag

FLAGS = ("wrong", "unclear", "good", "privacy")
LONGEST_TAG = 40
LONGEST_NOTE = 4000
MOST_VIEWS = 20
_MENTION = re.compile(r"(?<![A-Za-z0-9._%+-])@([^\s@,.;:!?，。；：！？、]{1,80})")


class NotPossible(Exception):
    """What was asked cannot be done; `key` names the text that says what to do."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Author:
    """A member of staff as an author or an assignee."""

    id: str
    name: str


@dataclass(frozen=True)
class StoredNote:
    """A stored note, the staff it mentions, and the mentioned names that nobody has."""

    id: int
    mentioned: tuple[str, ...]
    unknown: tuple[str, ...] = ()


class InboxWrites:
    """The inbox's writes; each is one transaction. It blocks: call it from a worker thread."""

    def __init__(self, engine: Engine, indexer: Indexer) -> None:
        self._engine = engine
        self._indexer = indexer

    def write_note(self, conversation_id: str, by: Author, text: str, client_id: str, now: datetime) -> StoredNote:
        """Keep a note once per `client_id`; `@name` mentions colleagues by name or first name.

        Raises:
            NotPossible: it is empty or too long, or the conversation is gone.
        """
        text = clean_text(text)
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
            done = connection.execute(insert_or_ignore(connection, note), values)
            found = connection.execute(sa.select(note.c.id).where(note.c.client_id == client_id[:64])).scalar_one()
            named: tuple[str, ...] = ()
            unknown: tuple[str, ...] = ()
            if done.rowcount:
                people = connection.execute(
                    sa.select(staff.c.id, staff.c.name).where(staff.c.disabled_at.is_(None))
                ).all()
                asked = _MENTION.findall(text)
                unknown = tuple(word for word in asked if not any(_matches(word, each.name) for each in people))
                mentioned = (each for each in people if any(_matches(word, each.name) for word in asked))
                named = tuple(str(each.id) for each in mentioned if str(each.id) != by.id)
                if named:
                    rows = [{"note_id": found, "staff_id": each} for each in named]
                    connection.execute(sa.insert(mention), rows)
            connection.commit()
        return StoredNote(found, named, unknown)

    def set_tag(
        self, conversation_ids: Iterable[str], name: str, by: Author, now: datetime, on: bool = True
    ) -> list[str]:
        """Add a tag to conversations or remove it; returns those that changed.

        Raises:
            NotPossible: it is empty or too long.
        """
        name = " ".join(clean_text(name).split()).lower()
        if not 1 <= len(name) <= LONGEST_TAG:
            raise NotPossible("inbox.tag_length")
        ids = list(conversation_ids)
        with self._engine.connect() as connection:
            begin_to_write(connection)
            tagged = set(
                connection.execute(
                    sa.select(tag.c.conversation_id).where(tag.c.conversation_id.in_(ids), tag.c.name == name)
                ).scalars()
            )
            if on:
                there = connection.execute(sa.select(conversation.c.id).where(conversation.c.id.in_(ids))).scalars()
                changed = [each for each in there if each not in tagged]
                rows = [{"conversation_id": each, "name": name, "by": by.name, "at": now} for each in changed]
                if rows:
                    connection.execute(insert_or_ignore(connection, tag), rows)
            else:
                changed = list(tagged)
                connection.execute(sa.delete(tag).where(tag.c.conversation_id.in_(ids), tag.c.name == name))
            connection.commit()
        for each in changed:
            self._indexer.index_marks(each)
        return changed

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
            if reason:
                key = {"conversation_id": conversation_id, "seq": seq}
                values = {"reason": reason, "by": by.name, "at": now}
                row = insert(connection, flag).values(**key, **values)
                connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))
            else:
                connection.execute(sa.delete(flag).where(flag.c.conversation_id == conversation_id, flag.c.seq == seq))
            connection.commit()
        self._indexer.index_marks(conversation_id)

    def set_reviewed(self, conversation_ids: Iterable[str], by: Author, now: datetime | None) -> list[str]:
        """Mark conversations reviewed, or with None not reviewed; returns those that changed."""
        values = {"reviewed_at": now, "reviewed_by": by.name if now else None}
        other = summary.c.reviewed_at.is_(None) if now else summary.c.reviewed_at.is_not(None)
        return self._update(conversation_ids, other, **values)

    def set_saved(self, conversation_ids: Iterable[str], saved: bool) -> list[str]:
        """Save conversations for later, or stop that; returns those that changed."""
        return self._update(conversation_ids, summary.c.saved.is_(not saved), saved=saved)

    def snooze(self, conversation_id: str, until: datetime | None) -> None:
        """Snooze a conversation: keep it out of the tabs of work until then; the traveller's next message ends it."""
        self._update([conversation_id], sa.true(), snoozed_until=until)

    def mark_read(self, conversation_id: str, staff_id: str, seq: int, now: datetime) -> None:
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
        name = " ".join(clean_text(name).split())
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
        """Delete a view of this member."""
        with self._engine.begin() as connection:
            own = sa.and_(saved_view.c.id == view_id, saved_view.c.staff_id == staff_id)
            connection.execute(sa.delete(saved_view).where(own))

    def staff_names(self) -> list[str]:
        """Names of all staff, who can be named in a note."""
        with self._engine.connect() as connection:
            found = sa.select(staff.c.name).where(staff.c.disabled_at.is_(None)).order_by(staff.c.name)
            return list(connection.execute(found).scalars())

    def assignable_staff(self) -> list[Author]:
        """Staff a conversation can be assigned to."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(staff.c.id, staff.c.name)
                .where(staff.c.disabled_at.is_(None), staff.c.role.in_(("agent", "lead", "admin")))
                .order_by(staff.c.name)
            )
            return [Author(str(row.id), row.name) for row in rows]

    def _update(self, conversation_ids: Iterable[str], others: ColumnElement[Any], **values: object) -> list[str]:
        """Set the values in summaries that fulfil `others`, which lack them; returns the conversations changed."""
        with self._engine.connect() as connection:
            begin_to_write(connection)
            wanted = sa.select(summary.c.conversation_id).where(
                summary.c.conversation_id.in_(list(conversation_ids)), others
            )
            changed = list(connection.execute(wanted).scalars())
            connection.execute(sa.update(summary).where(summary.c.conversation_id.in_(changed)).values(**values))
            connection.commit()
        return changed


def _matches(word: str, name: str) -> bool:
    """Whether the word after an @ is this name or its first word."""
    word, name = word.lower(), name.lower()
    whole = name.replace(" ", "")
    # Chinese is written without spaces: the name may be followed by other characters
    return word in (whole, name.split()[0]) or (not word.isascii() and word.startswith(whole))
