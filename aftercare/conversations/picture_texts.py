"""What a traveller is told of a picture that was read, and what of it goes into the turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftercare.base.voice import Voice
from aftercare.conversations.messages import NewMessage
from aftercare.conversations.texts import say
from aftercare.screenshots.selection import ScreenText

PICTURE_READ = "desk_picture_read"
"""The name of the line that shows back what was read; its `custom` keeps it for the message that follows."""
OF_PICTURES = "desk_picture_"
"""With this the names of all messages about pictures begin."""


@dataclass(frozen=True)
class PictureText:
    """What pictures say, beside what the traveller types: `text` as if typed, `facts` of understanding/commands.py."""

    text: str
    facts: tuple[str, ...] = ()

    @classmethod
    def of(cls, customs: Sequence[dict[str, Any]]) -> PictureText | None:
        """What the `custom` of several lines keeps, in their order; None when there is none."""
        kept = [custom["picture"] for custom in customs if custom.get("picture")]
        if not kept:
            return None
        facts = dict.fromkeys(str(fact) for each in kept for fact in each["facts"])
        return cls("\n".join(str(each["text"]) for each in kept), tuple(facts))

    def to_json(self) -> dict[str, Any]:
        """As `custom` keeps it."""
        return {"picture": {"text": self.text, "facts": list(self.facts)}}

    def beside(self, typed: str) -> str:
        """What Rasa is to read: the traveller's own words, then those of the picture."""
        return "\n".join(part for part in (typed, self.text) if part)


def answers_to(
    screen: ScreenText | None, voice: Voice, *, has_words: bool
) -> tuple[list[NewMessage], PictureText | None]:
    """What the traveller is told, and what goes into the turn.

    `screen` is None when the picture could not be read. `has_words`: something typed comes with the picture or after
    it, so nothing is asked.
    """
    answers: list[NewMessage] = []
    if screen is not None and screen.code:
        answers.append(NewMessage(say("picture_code", voice), name=f"{OF_PICTURES}code"))
    if screen is not None and screen.text:
        known = PictureText(screen.text, screen.facts)
        line = NewMessage(_quoting("picture_read", voice, screen.shown), name=PICTURE_READ, custom=known.to_json())
        return [*answers, line], known
    if has_words:
        return answers, None
    if screen is not None and screen.shown:
        answers.append(NewMessage(_quoting("picture_unknown", voice, screen.shown), name=f"{OF_PICTURES}unknown"))
    elif screen is not None and screen.code:
        answers.append(NewMessage(say("picture_code_only", voice), name=f"{OF_PICTURES}code_only"))
    else:
        answers.append(NewMessage(say("picture_unread", voice), name=f"{OF_PICTURES}unread"))
    return answers, None


def _quoting(name: str, voice: Voice, read: str) -> str:
    """The phrase with what was read, in the script it was read in."""
    before, _, after = say(name, voice, read="\n").partition("\n")
    return f"{before}{read}{after}"
