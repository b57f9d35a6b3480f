"""What travellers do in a conversation; each method is one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aftercare.base.language import written
from aftercare.base.voice import decide, voice_of_locale
from aftercare.conversations import transactions
from aftercare.conversations.conversation import Accepted, Pending, TokenUse
from aftercare.conversations.line import out_of_line
from aftercare.conversations.messages import BACK_TO_ASSISTANT, NewMessage, TravellerMessage, state_change
from aftercare.conversations.store_base import StoreBase
from aftercare.conversations.tables import conversation, rating
from aftercare.understanding.other_languages import language_of


class TravellerStore(StoreBase):
    """Messages, ratings and the choice of language."""

    def accept(self, conversation_id: str, use: TokenUse, message: TravellerMessage, now: datetime) -> Accepted:
        """Store a traveller's message once, however often it is sent.

        Raises:
            UnknownChoice: the choice was not offered here.
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        try:
            return self._accept(conversation_id, use, message, now)
        except IntegrityError:  # the client id is there already
            with self.engine.connect() as connection:
                known = transactions.seq_of_client_id(connection, conversation_id, message.client_id)
            if known is None:
                raise
            return Accepted(known, [], None)

    def _accept(self, conversation_id: str, use: TokenUse, message: TravellerMessage, now: datetime) -> Accepted:
        with self.engine.connect() as connection:
            raw = transactions.lock_with_token(connection, conversation_id, use, now)
            found = transactions.conversation_of(raw)
            text, payload = message.text, message.payload
            if message.choice is not None:
                text, payload = transactions.offered(connection, found, message.choice)
            status, state = "pending", None
            if found.state == "closed":  # writing again opens it again
                state = "assistant"
            elif payload == BACK_TO_ASSISTANT:
                status, state = "kept", "assistant" if found.state == "waiting" else None
            elif found.state == "agent":
                status = "kept"
            # a label is in our words, perhaps of before the traveller chose another language
            voice = decide(written(text), before=found.voice) if payload is None else found.voice
            image = None
            if message.picture is not None:
                image = transactions.keep_picture(connection, conversation_id, message.picture, now)
            language = None if payload is not None else language_of(text, voice)
            new = NewMessage(
                text, "traveller", image=image, client_id=message.client_id, payload=payload, status=status
            )
            messages = [new]
            if state is not None and payload == BACK_TO_ASSISTANT:
                messages = [new, out_of_line(voice, transactions.last_offered(connection, conversation_id))]
            elif state is not None:
                messages = [state_change(state, voice), new]
            stored = transactions.append(connection, found, messages, now, state=state, voice=voice)
            seq, pending = stored[messages.index(new)].seq, None
            if status == "pending" and raw.first_unanswered is None:
                now_stands = replace(found, state=state or found.state, voice=voice, last_seq=stored[-1].seq)
                meanwhile = transactions.written_meanwhile(connection, found)
                line = self._place(connection, now_stands, now)
                pending = Pending(now_stands, seq, text, payload, image, meanwhile, line=line, at=now)
                self.owner.take(connection, conversation_id, now)
            connection.commit()
        return Accepted(seq, stored, pending, language)

    def store_rating(self, conversation_id: str, use: TokenUse, score: int, comment: str, now: datetime) -> None:
        """Store the traveller's rating, `score` 1 to 5; one per chapter, a later one replaces it.

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock_with_token(connection, conversation_id, use, now))
            mine = (rating.c.conversation_id == found.id, rating.c.chapter == found.chapter)
            values = {"score": score, "comment": comment, "at": now}
            if not connection.execute(sa.update(rating).where(*mine).values(**values)).rowcount:
                key = {"conversation_id": found.id, "chapter": found.chapter}
                connection.execute(sa.insert(rating).values(**key, **values))
            connection.commit()

    def set_language(self, conversation_id: str, use: TokenUse, locale: str, now: datetime) -> None:
        """Store the traveller's choice of language, for messages that show none themselves ("OK", a button).

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock_with_token(connection, conversation_id, use, now))
            voice = voice_of_locale(locale)
            connection.execute(
                sa.update(conversation)
                .where(conversation.c.id == found.id)
                .values(locale=locale, language=voice.language, script=voice.script or found.voice.script)
            )
            connection.commit()
