"""SQL statements of the store; those of the path of every message are prepared once."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.sql import PreparedStatement
from aftercare.conversations.messages import NewMessage
from aftercare.conversations.tables import ASSISTANT_STATES, conversation, event

_MOST_MEANWHILE = 20  # messages
_MOST_PICTURES = 12  # messages about pictures that are looked through for one turn

_CONVERSATION = (
    conversation.c.id,
    conversation.c.channel,
    conversation.c.state.label("conversation_state"),
    conversation.c.locale,
    conversation.c.language,
    conversation.c.script,
    conversation.c.last_seq,
    conversation.c.token_generation,
    conversation.c.token_used_at,
    conversation.c.agent_id,
    conversation.c.agent_name,
    conversation.c.waiting_since,
    conversation.c.in_line_since,
    conversation.c.closed_at,
    conversation.c.chapter,
    conversation.c.resumed,
    conversation.c.remind_at,
)
_OWNER = (conversation.c.answered_by, conversation.c.answered_until)
_STORED_ANSWERS = conversation.c.told.label("stored_answers")
_UNANSWERED = (event.c.conversation_id == sa.bindparam("key"), event.c.status == sa.literal_column("'pending'"))
_LAST_ANSWERED = (
    sa.select(sa.func.coalesce(sa.func.max(event.c.seq), 0))
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.status == "answered")
    .scalar_subquery()
)

# --- reading ---

CONVERSATION_BY_ID = sa.select(*_CONVERSATION).where(conversation.c.id == sa.bindparam("key"))
REMINDER_IS_DUE = sa.and_(
    conversation.c.remind_at <= sa.bindparam("now"),
    conversation.c.state.in_(ASSISTANT_STATES),
    conversation.c.told == 0,
)
DUE_REMINDERS = sa.select(*_CONVERSATION).where(REMINDER_IS_DUE).order_by(conversation.c.remind_at).limit(100)
SEQ_BY_CLIENT_ID = sa.select(event.c.seq).where(
    event.c.conversation_id == sa.bindparam("key"), event.c.client_id == sa.bindparam("sent_as")
)
NEXT_PENDING = (
    sa.select(*_CONVERSATION, _STORED_ANSWERS, event.c.seq, event.c.at, event.c.text, event.c.payload, event.c.image)
    .join(event, event.c.conversation_id == conversation.c.id)
    .where(conversation.c.id == sa.bindparam("key"), event.c.status == "pending")
    .order_by(event.c.seq)
    .limit(1)
)
PENDING_CONVERSATIONS = sa.select(event.c.conversation_id).where(event.c.status == "pending").distinct()
LAST_OFFERED = (
    sa.select(event.c.choices)
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.sender == "assistant", event.c.kind == "message")
    .order_by(event.c.seq.desc())
    .limit(1)
)
WRITTEN_MEANWHILE = (
    sa.select(event.c.text)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.status == "kept",
        event.c.payload.is_(None),
        event.c.text != "",
        event.c.seq > _LAST_ANSWERED,
    )
    .order_by(event.c.seq.desc())
    .limit(_MOST_MEANWHILE)
)
_following = sa.alias(event)
# whether the traveller typed something that is still to be answered after the message `number`
FOLLOWED = sa.select(
    sa.exists().where(
        _following.c.conversation_id == sa.bindparam("key"),
        _following.c.seq > sa.bindparam("number"),
        _following.c.status == "pending",
        _following.c.payload.is_(None),
        sa.or_(_following.c.text != "", _following.c.image.is_not(None)),
    )
)
LATEST_ANSWERS = (
    sa.select(event.c.name, event.c.custom)
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.sender == "assistant", event.c.kind == "message")
    .order_by(event.c.seq.desc())
    .limit(_MOST_PICTURES)
)
ASKED_AT = sa.select(event.c.at).where(
    event.c.conversation_id == sa.bindparam("key"), event.c.seq == sa.bindparam("number")
)
AHEAD_IN_LINE = PreparedStatement(
    sa.select(sa.func.count().label("conversations")).where(
        conversation.c.in_line_since.is_not(None),
        conversation.c.unreachable.is_(False),  # nobody reads an answer there
        sa.or_(
            conversation.c.in_line_since < sa.bindparam("since"),
            sa.and_(conversation.c.in_line_since == sa.bindparam("since"), conversation.c.id < sa.bindparam("key")),
        ),
    )
)
# by the same order as AHEAD_IN_LINE
LINE = (
    sa.select(conversation.c.id)
    .where(conversation.c.in_line_since.is_not(None), conversation.c.unreachable.is_(False))
    .order_by(conversation.c.in_line_since, conversation.c.id)
    .limit(sa.bindparam("most"))
)
_latest_word = sa.alias(event)
# the first message kept for a person, or request for one, since a person or the assistant last had their say
OWED_SINCE = sa.select(sa.func.min(event.c.at)).where(
    event.c.conversation_id == sa.bindparam("key"),
    event.c.seq
    > sa.select(sa.func.coalesce(sa.func.max(_latest_word.c.seq), 0))
    .where(
        _latest_word.c.conversation_id == sa.bindparam("key"),
        sa.or_(
            sa.and_(_latest_word.c.sender == "agent", _latest_word.c.kind == "message"),
            sa.and_(_latest_word.c.kind == "state", _latest_word.c.state.in_(("assistant", "closed"))),
        ),
    )
    .scalar_subquery(),
    sa.or_(
        sa.and_(event.c.kind == "message", event.c.sender == "traveller", event.c.status == "kept"),
        sa.and_(event.c.kind == "state", event.c.state == "waiting"),
    ),
)
MESSAGES_AFTER = (
    sa.select(
        event.c.seq,
        event.c.at,
        event.c.kind,
        event.c.sender,
        event.c.text,
        event.c.choices,
        event.c.image,
        event.c.agent,
        event.c.state,
        event.c.cards,
        event.c.custom,
        event.c.name,
    )
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.seq > sa.bindparam("after"))
    .order_by(event.c.seq)
)

# --- changing ---

# PostgreSQL reads a row again after it has waited for its lock, but not the subqueries beside it: those are read
# by a statement of their own, which begins when the lock is held
LOCK_CONVERSATION = PreparedStatement(
    sa.select(conversation.c.id).where(conversation.c.id == sa.bindparam("key")).with_for_update()
)
LOCKED_CONVERSATION = PreparedStatement(
    sa.select(
        *_CONVERSATION,
        *_OWNER,
        _STORED_ANSWERS,
        sa.select(sa.func.count()).where(*_UNANSWERED).scalar_subquery().label("unanswered"),
        sa.select(sa.func.min(event.c.seq)).where(*_UNANSWERED).scalar_subquery().label("first_unanswered"),
    ).where(conversation.c.id == sa.bindparam("key"))
)
SET_OWNER = PreparedStatement(
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("key"))
    .values(
        answered_by=sa.bindparam("desk", type_=conversation.c.answered_by.type),
        answered_until=sa.bindparam("lease", type_=conversation.c.answered_until.type),
    )
)
INSERT_MESSAGE = PreparedStatement(sa.insert(event), columns=["conversation_id", "seq", "at", *NewMessage().columns()])
CHANGE_CONVERSATION = PreparedStatement(
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("key"))
    .values(
        updated_at=sa.bindparam("now"),
        last_seq=sa.bindparam("last"),
        state=sa.bindparam("becomes"),
        remind_at=sa.bindparam("remind"),
        language=sa.bindparam("in_language"),
        script=sa.bindparam("in_script"),
        agent_id=sa.bindparam("by"),
        agent_name=sa.bindparam("called"),
        waiting_since=sa.bindparam("queued"),
        in_line_since=sa.bindparam("in_line"),
        closed_at=sa.bindparam("closed"),
        chapter=sa.bindparam("part"),
        resumed=sa.bindparam("released"),
    )
)
SET_STORED_ANSWERS = PreparedStatement(
    sa.update(conversation).where(conversation.c.id == sa.bindparam("key")).values(told=sa.bindparam("number"))
)
FINISH_MESSAGE = PreparedStatement(
    sa.update(event)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.seq == sa.bindparam("number"),
        event.c.status == "pending",
    )
    .values(status=sa.bindparam("now_is"), turn=sa.bindparam("reading", type_=event.c.turn.type))
)
KEEP_PENDING = (
    sa.update(event)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.status == "pending",
        event.c.seq > sa.bindparam("begun"),
    )
    .values(status="kept")
)
