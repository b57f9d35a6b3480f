"""The line of travellers who wait for a person: who stands where in it, and by when somebody reads what they wrote.

It is ordered by `conversation.in_line_since`, which the inbox sorts those who wait by as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from aftercare.base import money_and_dates
from aftercare.base.voice import Voice
from aftercare.conversations import statements
from aftercare.conversations.messages import BACK_TO_ASSISTANT, NewMessage, OfferedChoice
from aftercare.conversations.texts import say
from aftercare.orders import support_hours

MOST_PLACES = 500  # of a longer line the places behind are not looked up

StaffCount = Callable[[Connection], int]
"""Says how many of the staff are on duty."""


def nobody_on_duty(_connection: Connection) -> int:
    """Nobody is known to be on duty."""
    return 0


@dataclass(frozen=True)
class PlaceInLine:
    """Where a conversation stands in the line, or would stand if a person were asked for with its latest message."""

    number: int
    """From 1."""
    staff: int
    """How many of the staff are on duty."""
    since: datetime
    """Since when its traveller waits."""
    waiting: bool
    """Whether it is in the line already."""

    def read_by(self, now: datetime) -> tuple[datetime, bool]:
        """By when it is read, and whether that was promised for earlier.

        It is counted from the request; where that time is over, from now.
        """
        promised = self._read_by(self.since)
        return (promised, False) if promised > now else (self._read_by(now), True)

    def _read_by(self, since: datetime) -> datetime:
        # who is here outside the hours does not tell who will be when they begin
        staff = self.staff if support_hours.is_open(since) else 1
        return support_hours.read_by(since, place=self.number, staff=staff)

    def words(self, voice: Voice, now: datetime) -> dict[str, str]:
        """What the phrase of a conversation that comes into the line is filled with."""
        # Chinese says how many are in front
        number = self.number - 1 if voice.language == "zh" else self.number
        place = say("line_next", voice) if self.number == 1 else say("line_later", voice, number=number)
        read_by, _late = self.read_by(now)
        moment = money_and_dates.day_and_time(read_by, voice.language, support_hours.timezone())
        return {"place": place, "read_by": moment}

    def as_json(self, now: datetime) -> dict[str, Any]:
        """What Rasa is told of it."""
        read_by, late = self.read_by(now)
        moment = read_by.astimezone(UTC).isoformat(timespec="seconds")
        return {"place": self.number, "read_by": moment, "waiting": self.waiting, "late": late}


def place_in_line(
    connection: Connection, conversation_id: str, since: datetime, staff: StaffCount, *, waiting: bool
) -> PlaceInLine:
    """The place of a conversation whose traveller waits since then, or would."""
    ahead = statements.AHEAD_IN_LINE.one_or_none(connection, {"key": conversation_id, "since": since})
    return PlaceInLine(1 + (0 if ahead is None else int(ahead.conversations)), staff(connection), since, waiting)


def places_in_line(connection: Connection) -> dict[str, int]:
    """The place of each conversation in the line, as its traveller was told; of the first `MOST_PLACES`."""
    return {row.id: place for place, row in enumerate(connection.execute(statements.LINE, {"most": MOST_PLACES}), 1)}


def into_line(place: PlaceInLine, voice: Voice, now: datetime) -> NewMessage:
    """What both sides see when the traveller comes into the line for a person."""
    text = say("state_waiting", voice, **place.words(voice, now))
    choices = [OfferedChoice(say("leave_line", voice), BACK_TO_ASSISTANT)]
    return NewMessage(text=text, sender="system", kind="state", choices=choices, state="waiting")


def out_of_line(voice: Voice, choices: Sequence[OfferedChoice]) -> NewMessage:
    """What both sides see when the traveller gives the place up; the assistant's last question has `choices`."""
    return NewMessage(say("line_left", voice), "system", kind="state", choices=choices, state="assistant")
