"""One turn of a conversation: its message, what came before, what is known, and everything that is sent in answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.answer_messages import Answers
from actions.drafts import DiagnosisState, RefundDraft
from actions.screen import screen_words
from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import settings
from aftercare.base.voice import decide, pin_is_spent, voice_of_slots
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device
from aftercare.connectors.esims import refresh
from aftercare.connectors.order_lookup import bring
from aftercare.orders import ownership, tickets
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.understanding.commands import PHONE_CANNOT
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading
from aftercare.understanding.shopping import not_bought_yet
from aftercare.understanding.statements import Whereabouts, places
from aftercare.understanding.whose_phone import phone_at_hand

Event = dict[str, Any]


@lru_cache(maxsize=1)
def orders_engine() -> Engine:
    """The order database of this process."""
    return open_engine(settings().orders_database_url, settings().database_timeout)


# A fact told before anything about the phone was asked is kept from this probability on.
SURE_UNASKED = 0.75
# That a phone takes no eSIM, told with an installation that fails, from this one on.
_SURELY = 0.9
# A question before the proof of its order is answered after it from this probability on.
SURELY_ASKED = 0.5
# Beside the surest fact of a message another one counts from this share of its probability on.
BESIDE_A_SURE_ONE = 0.6


@dataclass(eq=False)
class Turn(Answers):
    """One message of the traveller, the conversation up to it, and the answers to it."""

    now: datetime = field(default_factory=utc_now)
    """When the turn began."""
    conversation_id: str = field(init=False)
    order_before: str | None = field(default=None, init=False)
    """The order that was talked about when this turn first looked into the order database."""
    esim_as_of: datetime | None = field(default=None, init=False)
    """When the issuer of the eSIM was asked in this turn; None when it was not."""
    _esim_asked_of: str | None = field(default=None, init=False)
    """The order whose issuer was asked."""
    _seen: bool = field(default=False, init=False, repr=False)
    """Whether this turn has looked into the order database."""

    def __post_init__(self) -> None:
        self.conversation_id = self.tracker.sender_id
        before = voice_of_slots(*map(self.tracker.get_slot, ("language", "script", "language_pin")))
        self.speak(decide(before=before))

    # What is known

    @property
    def diagnosis(self) -> DiagnosisState | None:
        """Where the diagnosis stands; None when none has begun."""
        return DiagnosisState.from_slot(self.slot("diagnosis"))

    @property
    def diagnosis_open(self) -> bool:
        """Whether a diagnosis has begun and is not solved."""
        return self.diagnosis is not None and self.diagnosis.is_open

    @property
    def fault_reported(self) -> bool:
        """Whether a fault was reported in this conversation: a refund may then have other terms."""
        return self.diagnosis is not None or self.slot("symptom") is not None

    @property
    def refund_draft(self) -> RefundDraft:
        """The refund or exchange being worked on."""
        return RefundDraft.from_slot(self.slot("refund_draft"))

    @cached_property
    def device_id(self) -> str | None:
        """The phone named last; while a fault is looked at, not one that is somebody else's."""
        named: str | None = self.slot("device")
        if not self.diagnosis_open or self.pressed:
            return named
        sent = (event for event in self.tracker.events if event.get("event") == "user")
        said = [(str(each.get("text") or ""), (each.get("parse_data") or {}).get("entities") or ()) for each in sent]
        return phone_at_hand(named, said)

    @property
    def phone(self) -> Device | None:
        """The phone the traveller named."""
        named = self.device_id
        return next((device for device in load_catalogue().devices if device.id == named), None)

    @cached_property
    def nothing_bought(self) -> bool:
        """Whether the traveller said in one of the last messages to have bought nothing yet, and proved no order."""
        messages = (str(event.get("text") or "") for event in self.tracker.events if event.get("event") == "user")
        return not self.slot("order_verified") and not self.names_order and any(map(not_bought_yet, messages))

    def steps_tried(self) -> list[str]:
        """Everything the traveller said they have tried, this message included."""
        return sorted({*(self.slot("steps_tried") or []), *self.entities("tried")})

    def observed(self) -> list[str]:
        """What the traveller reported to see, this message included; names of `understanding.commands.FACTS`."""
        reading = self.reading
        seen = set(self.seen_now())
        if reading.has("start:report_activation_failure"):
            seen.discard("installed")  # what cannot be installed is not installed
        if not self.pressed and (self.intent or "").startswith("report_"):
            seen |= screen_words().signs_named(self.text, line=False)
        return sorted({*(self.slot("observed") or []), *seen})

    def seen_now(self) -> frozenset[str]:
        """What this message reports to see; a faint reading beside a sure one is none."""
        reading = self.reading
        chances = {fact: reading.chance(f"observe:{fact}") for fact in reading.values("observe")}
        here = self._where_stated()
        if here is not None:
            chances.pop("abroad" if here else "arrived", None)
        unasked = reading.situation in ("idle", "order_number", "email", "told")
        if reading.has("start:report_activation_failure"):  # "it can't be installed" is not yet why
            chances = {
                fact: chance for fact, chance in chances.items() if fact not in PHONE_CANNOT or chance >= _SURELY
            }
        least = SURE_UNASKED if unasked else BESIDE_A_SURE_ONE * max(chances.values(), default=0.0)
        seen = frozenset(fact for fact, chance in chances.items() if chance >= least)
        if here is not None:
            return seen | {"arrived" if here else "abroad"}
        before = reading.asked == "before_arrival" and self.places.ahead is not None
        return seen | {"not_arrived"} if before else seen

    @cached_property
    def places(self) -> Whereabouts:
        """Where this message says that the traveller is and is not."""
        found = self.tracker.latest_message.get("entities") or []
        return Whereabouts(None) if self.pressed else places(self.text, found)

    def _where_stated(self) -> bool | None:
        """Whether the traveller says to be where the plan works; None when that is not said, or no fault is at hand."""
        stated = self.places.stated
        if stated is None or self.diagnosis is None:
            return None
        country = "NZ" if stated[0] == "location" else stated[1]
        with self.orders() as session:
            facts = self.verified_facts(session)
        return country in facts.countries if facts is not None else country == "NZ"

    def remembered(self) -> list[Event]:
        """What any turn adds to memory: steps tried, and that a language asked for is now also written."""
        events: list[Event] = []
        if self.entities("tried"):
            events.append(SlotSet("steps_tried", self.steps_tried()))
        if self.seen_now():
            events.append(SlotSet("observed", self.observed()))
        if self.device_id != self.slot("device"):
            events.append(SlotSet("device", self.device_id))
        left = self._is_abroad(self.places.stated) and self.slot("location") is not None
        if (self.places.stated and self.places.denied) or left:  # the slots hold whichever came last
            events += self._places_kept()
        if not self.called_by_action and pin_is_spent(self.slot("language_pin"), self.slot("language")):
            events.append(SlotSet("language_pin", None))
        return events

    def whereabouts(self) -> tuple[str | None, str | None]:
        """`location` and `destination`; of several places in this message the one that is not denied."""
        stated, denied = self.places.stated, self.places.denied
        kept = {name: self.slot(name) for name in ("location", "destination")}
        kept = {name: None if value in denied or isinstance(value, list) else value for name, value in kept.items()}
        if stated is not None:
            kept[stated[0]] = stated[1]
        if self._is_abroad(stated):
            kept["location"] = None
        return kept["location"], kept["destination"]

    @staticmethod
    def _is_abroad(stated: tuple[str, str] | None) -> bool:
        """Whether somebody says to be in another country than New Zealand, and so at none of its places any more."""
        return stated is not None and stated[0] == "destination" and stated[1] != "NZ"

    def _places_kept(self) -> list[Event]:
        return [
            SlotSet(name, value) for name, value in zip(("location", "destination"), self.whereabouts(), strict=True)
        ]

    # Sent and asked before

    def text_was_sent(self, text: str) -> bool:
        """Whether this very text was sent in this conversation, as far back as Rasa remembers it."""
        written = self.voice.write(text)
        return any(event.get("text") in (text, written) for event in self.answers_backwards())

    def asked_before(self) -> Turn | None:
        """The turn of the last typed question before this message, which only proved an order; None without one.

        It answers where this turn answers.
        """
        events = list(self.tracker.events)
        reading = None
        for place in range(len(events) - 1, -1, -1):
            event = events[place]
            if event.get("event") == "slot" and event.get("name") == READING_SLOT:
                reading = event.get("value")
            if event.get("event") != "user":
                continue
            text = str(event.get("text") or "")
            read = CommandReading.from_slot(reading)
            if text != self.text and max(map(read.chance, ("ask", "ask_how", "ask_why"))) >= SURELY_ASKED:
                latest = {**(event.get("parse_data") or {}), "text": text}
                slots = {**self.tracker.slots, READING_SLOT: reading}
                until_then = events[: place + 1]
                now = Tracker(self.tracker.sender_id, slots, latest, until_then, False, None, {}, "action_listen")
                return Turn(now, self.dispatcher, self.now)
            reading = None
        return None

    # The order database

    @property
    def waits_for_person(self) -> bool:
        """Whether a person was asked for in this conversation and the case is still open."""
        with self.orders() as session:
            return any(
                ticket.reason == tickets.HANDOFF for ticket in tickets.open_tickets(session, self.conversation_id)
            )

    @contextmanager
    def orders(self) -> Iterator[Session]:
        """A session on the order database, committed at the end.

        The turn's first one keeps proofs fresh, and what the message names is looked up in the shop before.
        """
        if not self._seen:
            bring(orders_engine(), map(str, self.entities("order_number")), map(str, self.entities("email")))
        with Session(orders_engine(), future=True) as session, session.begin():
            if not self._seen:
                self._seen = True
                ownership.keep_fresh(session, self.conversation_id, self.now)
                self.order_before = ownership.verified_order(session, self.conversation_id, self.now)
            yield session

    def refresh_esim(self) -> None:
        """Ask the issuer how the verified order's eSIM is, where one is configured and what is known is old.

        Not inside `orders()`: no transaction waits for the issuer. `esim_as_of` is when it was asked.
        """
        if not settings().esim_provider:
            return
        with self.orders() as session:
            number = self.verified_order(session)
        if number is not None and number != self._esim_asked_of:  # once: one that does not answer takes its time
            self._esim_asked_of = number
            self.esim_as_of = refresh(orders_engine(), number, self.now)

    def verified_order(self, session: Session) -> str | None:
        """The order this conversation may see: one that was just named if it is verified, else the one it is about.

        Reads the `verification` table; a slot is only a hint of which one is meant.
        """
        named = self.slot("order_number")
        if named:
            return named if ownership.may_see(session, self.conversation_id, named, self.now) else None
        return ownership.verified_order(session, self.conversation_id, self.now)

    def menu_family(self, facts: OrderFacts | None) -> str | None:
        """Whose menus to name: of the phone the traveller named, else the one in hand, else the one of the order."""
        if self.phone:
            return self.phone.menu_family
        return self.phone_in_hand or (facts.device_family if facts else None)

    def seller_of(self, facts: OrderFacts | None) -> str | None:
        """The provider of an order, else the one that was named."""
        return facts.provider_id if facts else self.slot("provider")

    def email_just_given(self) -> str | None:
        """The e-mail address that the conversation waits with for an order number, or was given at most so long ago.

        Older ones do not count: whoever finds an open chat must not prove an order by what stands in it.
        """
        given = self.slot("email")
        messages = [event for event in reversed(self.tracker.events) if event.get("event") == "user"]
        if self.form == "order_form" and self.form_waits:
            before = messages[1].get("timestamp") if len(messages) > 1 else None
            return given if before is None or self._since(before) <= ownership.FRESH_FOR else None
        for event in messages:
            found = (event.get("parse_data") or {}).get("entities") or ()
            if any(entity.get("entity") == "email" for entity in found):
                recent = event.get("timestamp") and self._since(event["timestamp"]) <= ownership.FRESH_FOR
                return given if recent else None
        return None

    def _since(self, timestamp: float) -> timedelta:
        return self.now - datetime.fromtimestamp(timestamp, UTC)

    def verified_facts(self, session: Session) -> OrderFacts | None:
        """What the database knows of the verified order; None when there is none."""
        number = self.verified_order(session)
        return order_facts(session, number, self.now) if number else None
