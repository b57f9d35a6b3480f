"""People: their hours, an apology, and the way to them."""

from __future__ import annotations

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


class ActionHandoff(AftercareAction):
    """A person, from any point, with the whole story attached."""

    action_name = "action_handoff"

    def handle(self, turn: Turn) -> list[Event]:
        """Make the ticket, say when it is read, name hotline and video call of the provider."""
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
            ticket, _ = tickets.open_ticket(
                session, turn.conversation_id, "handoff", turn.language, summary, turn.now, number
            )
            identifier, read_by, place = ticket.id, ticket.read_by, tickets.queue_position(session, ticket)
        response = "utter_handoff_open" if support_hours.is_open(turn.now) else "utter_handoff_closed"
        turn.say(
            response,
            ticket=turn.words.ticket(identifier),
            queue=self._queue(turn, place),
            read_by=turn.words.time(read_by),
            handoff_ticket=identifier,
        )
        self._contacts(turn, facts.provider_id if facts else turn.slot("provider"))
        return [SlotSet("offer", None), SlotSet("requested_slot", None), ActiveLoop(None)]

    @staticmethod
    def _queue(turn: Turn, place: int) -> str:
        """Where in the line the ticket stands."""
        if place == 1:
            return turn.words.phrase("queue_next")
        return turn.words.phrase("queue_later", number=turn.words.place_in_queue(place))

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
        """Computed for this moment, in New Zealand time."""
        if support_hours.is_open(turn.now):
            hours = support_hours.opening(turn.now.astimezone(support_hours.timezone()).date())
            turn.say("utter_support_hours_open", until=turn.words.clock(hours[1]) if hours else "")
        else:
            turn.say("utter_support_hours_closed", next_open=turn.words.time(support_hours.next_open(turn.now)))
        return []
