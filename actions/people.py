"""People: their hours, an apology, and the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rasa_sdk.events import ActiveLoop, SlotSet

from actions.base import AftercareAction
from actions.turn import Event, Turn
from actions.wording import Wording
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Provider
from aftercare.orders import support_hours, tickets
from aftercare.understanding.contact_requests import asks_for_call
from aftercare.understanding.unspecified_fault import is_vague


class ActionComplain(AftercareAction):
    """Anger: one apology, and a person."""

    action_name = "action_complain"

    def handle(self, turn: Turn) -> list[Event]:
        """A vague "it does not work" gets the forced choice; anything else an apology and the offer of a person."""
        if is_vague(turn.text):
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        turn.say("utter_complain_again" if turn.did(self.action_name) else "utter_complain")
        return [SlotSet("offer", "human_handoff")]


def ways_to_call(words: Wording, provider: Provider) -> str:
    """Hotline and video call of a provider, as far as it has them."""
    ways = [
        words.phrase("contact_hotline", number=provider.hotline) if provider.hotline else "",
        words.phrase("contact_video", address=provider.video_call_url) if provider.video_call_url else "",
    ]
    return words.phrase("alternative_separator").join(way for way in ways if way)


@dataclass(frozen=True)
class Line:
    """The line of those who wait for a person, as the desk tells it with a message (`conversations/line.py`)."""

    place: int | None
    """The traveller's, or the one they would get, from 1; None when nobody told it."""
    read_by: datetime
    waiting: bool = False
    """Whether they are in it already."""
    late: bool = False
    """Whether they should have heard by now."""

    @classmethod
    def of(cls, turn: Turn) -> Line:
        """The line of this turn; Rasa's other channels know no places, and support hours alone say when it is read."""
        messages = (event for event in reversed(turn.tracker.events) if event.get("event") == "user")
        said: Event = next(messages, {})
        line = (said.get("metadata") or {}).get("line")
        if not line:
            return cls(None, support_hours.read_by(turn.now))
        read_by = datetime.fromisoformat(line["read_by"])
        return cls(int(line["place"]), read_by, bool(line["waiting"]), bool(line["late"]))

    def queue(self, words: Wording) -> str:
        """The place in words."""
        if self.place is None:
            return words.phrase("queue_somewhere")
        if self.place == 1:
            return words.phrase("queue_next")
        return words.phrase("queue_later", number=words.place_in_queue(self.place))


class ActionHandoff(AftercareAction):
    """A person, from any point, with the whole story attached."""

    action_name = "action_handoff"

    def handle(self, turn: Turn) -> list[Event]:
        """Make the ticket, say place and time, name hotline and video call of the provider.

        Who waits already is told place and time again.
        """
        line = Line.of(turn)
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            number = facts.number if facts else None
            summary = {
                "order": number,
                "plan": facts.plan_en if facts else None,
                "device": turn.slot("device") or (facts.device_model if facts else None),
                "place": turn.slot("location") or turn.slot("destination") or (facts.last_country if facts else None),
                "symptom": turn.slot("symptom"),
                "goal": turn.slot("goal"),
                "steps_tried": turn.steps_tried(),
                "steps_given": list(turn.diagnosis.done) if turn.diagnosis else [],
                "language": turn.language,
            }
            ticket, created = tickets.open_ticket(
                session, turn.conversation_id, "handoff", turn.language, summary, turn.now, number, line.read_by
            )
            identifier = ticket.id
        asked_before = line.waiting or (line.place is None and not created)
        turn.say(
            self._response(turn, line, asked_before),
            ticket=turn.words.ticket(identifier),
            queue=line.queue(turn.words),
            read_by=turn.words.time(line.read_by),
            handoff_ticket=identifier,
        )
        self._contacts(turn, facts.provider_id if facts else turn.slot("provider"))
        return [SlotSet("offer", None), SlotSet("requested_slot", None), ActiveLoop(None)]

    @staticmethod
    def _response(turn: Turn, line: Line, asked_before: bool) -> str:
        if asked_before:
            return "utter_handoff_late" if line.late else "utter_handoff_again"
        return "utter_handoff_open" if support_hours.is_open(turn.now) else "utter_handoff_closed"

    @staticmethod
    def _contacts(turn: Turn, provider_id: str | None) -> None:
        """How to reach the provider's people at once; all of them when a call is asked for and no order is known."""
        providers = load_catalogue().providers
        ways = {provider: ways_to_call(turn.words, provider) for provider in providers}
        names = {provider: turn.words.pick(provider.name_en, provider.name_zh) for provider in providers}
        own = next((provider for provider in providers if provider.id == provider_id), None)
        if own is not None and ways[own]:
            turn.say("utter_handoff_contacts", provider=names[own], ways=ways[own])
        elif own is None and asks_for_call(turn.text):
            lines = [turn.words.labelled(names[each], ways[each]) for each in providers if ways[each]]
            turn.say("utter_text", body="\n".join(lines))


class ActionSupportHours(AftercareAction):
    """When people answer."""

    action_name = "action_support_hours"

    def handle(self, turn: Turn) -> list[Event]:
        """Computed for this moment, in New Zealand time; who waits for a person is told when it is their turn."""
        line = Line.of(turn)
        if line.waiting:
            response = "utter_handoff_late" if line.late else "utter_line_status"
            turn.say(response, queue=line.queue(turn.words), read_by=turn.words.time(line.read_by))
        elif support_hours.is_open(turn.now):
            hours = support_hours.opening(turn.now.astimezone(support_hours.timezone()).date())
            turn.say("utter_support_hours_open", until=turn.words.clock(hours[1]) if hours else "")
        else:
            turn.say("utter_support_hours_closed", next_open=turn.words.time(support_hours.next_open(turn.now)))
        return []
