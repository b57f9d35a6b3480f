"""The QR code of an order again, if it can still be used."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.orders.about import facts_of, picture, ticket_for
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.documents.qr import activation_code, iphone_link, qr_png
from aftercare.orders import requests
from aftercare.orders.facts import OrderFacts
from aftercare.orders.tables import OPEN_REQUEST_STATES

NOT_USABLE = ("refunded", "exchanged", "cancelled", "payment_failed")


def show_qr(turn: Turn, session: Session, number: str) -> list[Event]:
    """The activation code as image and text if it can still be used; otherwise why not and what happens next.

    The caller has checked ownership.
    """
    facts = facts_of(turn, session, number)
    request = requests.latest_request(session, number)
    if request is not None and request.state in OPEN_REQUEST_STATES:
        turn.say("utter_qr_refund_open")
        return []
    if facts.status in NOT_USABLE:
        turn.say("utter_qr_not_usable", state=turn.words.word(facts.status))
        return [SlotSet("offer", "human_handoff")]
    if not facts.delivered or not facts.smdp_address or not facts.matching_id:
        turn.say("utter_qr_not_delivered", due=turn.words.time(facts.delivery_due_at))
        return []
    if facts.profile_state == "deleted":
        reissue = ticket_for(turn, session, number, "reissue", state="deleted", device=facts.device_model)
        turn.say("utter_qr_deleted", **reissue)
        return []
    if facts.profile_state != "released":
        where = [turn.words.word(facts.profile_state), *([facts.device_model] if facts.device_model else [])]
        turn.say("utter_qr_used", state=turn.words.listing(where))
        return [SlotSet("offer", "human_handoff")]
    code = activation_code(facts.smdp_address, facts.matching_id)
    iphone = turn.words.phrase("qr_iphone", link=iphone_link(code)) if may_be_iphone(turn, facts) else ""
    turn.say(
        "utter_qr",
        smdp=facts.smdp_address,
        code=facts.matching_id,
        iphone=iphone,
        image=picture(qr_png(code)),
    )
    return []


def may_be_iphone(turn: Turn, facts: OrderFacts) -> bool:
    """Whether the phone is an iPhone, or nobody has said what it is."""
    return (turn.phone.menu_family if turn.phone else facts.device_family) in ("iphone", None)


class ActionResendQr(OrderAction):
    """The QR code again, if it can still be used."""

    action_name = "action_resend_qr"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Show it or say why not."""
        return show_qr(turn, session, number)
