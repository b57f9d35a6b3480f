"""People: their hours, an apology, and the way to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.diagnosis.situation import situation_of
from actions.dialogue import knowledge
from actions.dialogue.other_order import ACTION_OF_GOAL
from actions.dialogue.subjects import OF_THE_ORDER, SUREST
from actions.refunds.reasons import give_reasons
from actions.turn import Event, Turn
from actions.wording import Wording
from aftercare.base.identifiers import normalise_order_number
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Provider
from aftercare.orders import ownership, support_hours, tickets
from aftercare.orders.tables import Ticket
from aftercare.troubleshooting.player import way_back
from aftercare.understanding.contact_requests import asks_for_call, asks_for_person_beside, is_urgent
from aftercare.understanding.named_days import named_days
from aftercare.understanding.unspecified_fault import is_unspecified


class ActionComplain(AftercareAction):
    """Anger: one apology, and a person; haste: the fastest way; a refusal disputed: its rule."""

    action_name = "action_complain"

    def handle(self, turn: Turn) -> list[Event]:
        """A vague "it does not work" gets the forced choice; what was told of order or goal is not asked again."""
        if is_urgent(turn.text) and not turn.form:
            return in_a_hurry(turn)
        refused = turn.reading.situation == "told" and turn.reading.asked == "refund_decision"
        if refused and (events := give_reasons(turn)) is not None:
            return events
        known = bool(turn.slot("order_verified") or turn.slot("goal"))
        if is_unspecified(turn.text) and not known:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        complained_before = turn.did(self.action_name)
        if known:
            turn.say("utter_complain_known")
        else:
            turn.say("utter_complain_again" if complained_before else "utter_complain")
        return [SlotSet("offer", "human_handoff")]


def in_a_hurry(turn: Turn) -> list[Event]:
    """Until when it is done, as far as that is known, and the fastest way to somebody."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        waiting = tickets.open_tickets(session, turn.conversation_id)
        by_ticket = min(waiting, key=lambda each: each.read_by) if waiting else None
        ticket = (by_ticket.id, by_ticket.read_by) if by_ticket is not None else None
    person = [turn.choice_of_offer("person")]
    read_by = turn.words.time(support_hours.read_by(turn.now))
    if ticket is not None:
        turn.say("utter_urgent_ticket", ticket=turn.words.ticket(ticket[0]), read_by=turn.words.time(ticket[1]))
    elif facts is not None and facts.status == "paid" and not facts.delivered:
        due = turn.words.time(facts.delivery_due_at)
        turn.say("utter_urgent_delivery", person, number=facts.number, due=due, read_by=read_by)
    elif facts is not None or turn.slot("goal"):
        turn.say("utter_urgent", person, read_by=read_by)
    else:
        turn.say("utter_urgent_order", person, read_by=read_by)
    tell_contacts(turn, turn.seller_of(facts), everyone=False)
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
        latest: Event = next(messages, {})
        line = (latest.get("metadata") or {}).get("line")
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


def brought_order(turn: Turn, session: Session) -> list[Event]:
    """The order that the same message proves: it belongs to the story that is handed over."""
    number, email = normalise_order_number(str(turn.entity("order_number") or "")), turn.entity("email")
    if number is None or not email:
        return []
    outcome = ownership.verify(session, turn.conversation_id, number, str(email).lower(), turn.now, turn.origin)
    return [SlotSet("order_verified", outcome.status == "verified")]


def case_of(turn: Turn, session: Session, line: Line) -> tuple[Ticket, bool]:
    """The ticket for a person with the whole story, and whether it was made now."""
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
    return tickets.open_ticket(
        session, turn.conversation_id, "handoff", turn.language, summary, turn.now, number, line.read_by, turn.origin
    )


class ActionHandoff(AftercareAction):
    """A person, from any point, with the whole story attached."""

    action_name = "action_handoff"

    def handle(self, turn: Turn) -> list[Event]:
        """Make the ticket, say place and time, name hotline and video call of the provider.

        Who waits already is told place and time again.
        """
        line = Line.of(turn)
        with turn.orders() as session:
            brought = brought_order(turn, session)
            facts = turn.verified_facts(session)
            ticket, created = case_of(turn, session, line)
            identifier, own = ticket.id, ticket.conversation_id == turn.conversation_id
        if not own:
            turn.say("utter_handoff_limit", ticket=turn.words.ticket(identifier), read_by=turn.words.time(line.read_by))
            tell_contacts(turn, turn.seller_of(facts), everyone=asks_for_call(turn.text))
            return [SlotSet("offer", None), SlotSet("requested_slot", None), ActiveLoop(None)]
        asked_before = line.waiting or (line.place is None and not created)
        turn.say(
            self._response(turn, line, asked_before),
            ticket=turn.words.ticket(identifier),
            queue=line.queue(turn.words),
            read_by=turn.words.time(line.read_by),
            handoff_ticket=identifier,
        )
        tell_contacts(turn, turn.seller_of(facts), everyone=asks_for_call(turn.text))
        brought += self._taken_back(turn)
        left = [*brought, SlotSet("offer", None), SlotSet("requested_slot", None), ActiveLoop(None)]
        return [*left, *self._asked_beside(turn)]

    @staticmethod
    def _asked_beside(turn: Turn) -> list[Event]:
        """What is asked beside the wish for a person, as far as the order or an article surely answers it."""
        if turn.pressed or not asks_for_person_beside(turn.text):
            return []
        intent, confidence = turn.likeliest
        action = OF_THE_ORDER.get(intent) if confidence >= SUREST and turn.slot("order_verified") else None
        if action is not None:
            return [FollowupAction(action)]
        return knowledge.answer(turn, knowledge.SURE) or []

    @staticmethod
    def _taken_back(turn: Turn) -> list[Event]:
        """Has what was given up without helping taken back, while a person looks at the case."""
        state = turn.diagnosis
        found = way_back(state.as_slot(), situation_of(turn)) if state is not None and state.is_open else None
        if found is None:
            return []
        advice, after = found
        turn.say_text(advice.text[turn.language], advice.id)
        return [SlotSet("diagnosis", after)]

    @staticmethod
    def _response(turn: Turn, line: Line, asked_before: bool) -> str:
        if asked_before:
            return "utter_handoff_late" if line.late else "utter_handoff_again"
        return "utter_handoff_open" if support_hours.is_open(turn.now) else "utter_handoff_closed"


def tell_contacts(turn: Turn, provider_id: str | None, *, everyone: bool) -> None:
    """How to reach the provider's people at once; with `everyone` those of all providers when none is known."""
    providers = load_catalogue().providers
    ways = {provider: ways_to_call(turn.words, provider) for provider in providers}
    names = {provider: turn.words.pick(provider.name_en, provider.name_zh) for provider in providers}
    own = next((provider for provider in providers if provider.id == provider_id), None)
    if own is not None and ways[own]:
        turn.say("utter_handoff_contacts", provider=names[own], ways=ways[own])
    elif own is None and everyone:
        lines = [turn.words.labelled(names[each], ways[each]) for each in providers if ways[each]]
        turn.say("utter_text", body="\n".join(lines))


class ActionLeaveLine(AftercareAction):
    """A person is no longer wanted: the traveller leaves the line, and the assistant goes on."""

    action_name = "action_leave_line"

    def handle(self, turn: Turn) -> list[Event]:
        """The desk takes the conversation out of the line; what else the message asks or begins comes after that."""
        turn.say("utter_line_left", leave_line=True)
        events: list[Event] = [SlotSet("offer", None)]
        matter = ACTION_OF_GOAL.get(str(turn.slot("goal") or "")) if turn.reading.has("start") else None
        if matter is not None:
            known = turn.slot("order_verified")
            return [*events, FollowupAction(matter if known else "order_form")]
        if turn.reading.has("ask", "ask_how", "ask_why"):
            return [*events, FollowupAction("action_answer_question")]
        if turn.reading.has("resume") and not turn.form:
            return [*events, FollowupAction("action_resume")]
        return events if turn.form else [*events, FollowupAction("action_listen")]


def _week(turn: Turn) -> str:
    """The hours of all weekdays, days with the same ones together: "Monday to Friday 08:00–20:00"."""
    days: list[list[int]] = []
    weekly = support_hours.load_support_hours().weekly
    hours = weekly.days
    for day in range(len(hours)):
        if day and hours[day] == hours[day - 1]:
            days[-1].append(day)
        else:
            days.append([day])
    return turn.words.listing(turn.words.hours_of_days(each[0], each[-1], hours[each[0]]) for each in days)


class ActionSupportHours(AftercareAction):
    """When people answer."""

    action_name = "action_support_hours"

    def handle(self, turn: Turn) -> list[Event]:
        """Computed for this moment, in New Zealand time; who waits for a person is told when it is their turn."""
        line = Line.of(turn)
        if line.waiting or (line.place is None and turn.waits_for_person):
            response = "utter_handoff_late" if line.late else "utter_line_status"
            turn.say(response, queue=line.queue(turn.words), read_by=turn.words.time(line.read_by))
        elif days := named_days(turn.text, turn.now.astimezone(support_hours.timezone()).date()):
            hours_of = {day: support_hours.opening(day) for day in days}
            lines = [turn.words.hours_of_day(day, hours) for day, hours in hours_of.items()]
            response = "utter_support_hours_day" if any(hours_of.values()) else "utter_support_hours_day_off"
            turn.say(response, hours=turn.words.listing(lines))
        elif support_hours.is_open(turn.now):
            hours = support_hours.opening(turn.now.astimezone(support_hours.timezone()).date())
            turn.say("utter_support_hours_open", until=turn.words.clock(hours[1]) if hours else "", week=_week(turn))
        else:
            next_open = turn.words.time(support_hours.next_open(turn.now))
            turn.say("utter_support_hours_closed", next_open=next_open, week=_week(turn))
            with turn.orders() as session:
                facts = turn.verified_facts(session)
            if not turn.was_sent("utter_handoff_contacts"):
                tell_contacts(turn, turn.seller_of(facts), everyone=False)
        return []
