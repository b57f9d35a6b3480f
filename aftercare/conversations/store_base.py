"""What all parts of the store work with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection, Engine

from aftercare.conversations.conversation import Conversation
from aftercare.conversations.line import PlaceInLine, StaffCount, nobody_on_duty, place_in_line
from aftercare.conversations.owner import Owner


class StoreBase:
    """The database of the conversations, and who is there to work in it."""

    def __init__(self, engine: Engine, staff_on_duty: StaffCount = nobody_on_duty, owner: Owner | None = None) -> None:
        self.engine = engine
        self.staff_on_duty = staff_on_duty
        self.owner = Owner(engine) if owner is None else owner

    def _place(self, connection: Connection, found: Conversation, asked_at: datetime) -> PlaceInLine:
        """The place in the line, or the one of who asks for a person with a message sent `asked_at`."""
        since = found.in_line_since or asked_at
        return place_in_line(connection, found.id, since, self.staff_on_duty, waiting=found.state == "waiting")
