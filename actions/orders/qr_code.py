"""The QR code of an order again, if it can still be used."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.orders.about import facts_of, picture
from actions.orders.reissue import reissue
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.documents.qr import activation_code, iphone_link, qr_png
from aftercare.orders import ownership, payouts, requests
from aftercare.orders.facts import OrderFacts
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.wording import device_name
from aftercare.understanding.follow_ups import asks_how_long

NOT_USABLE = ("refunded", "exchanged", "cancelled", "payment_failed")


def show_qr(turn: Turn, session: Session, number: str, *, ask_again: bool = True) -> list[Event]:
    """The activation code as image and text if it can still be used; otherwise why not and what happens next.

    The caller has checked ownership. A proof that was left idle opens no code: it ends, and is asked for again at once,
    or, without `ask_again`, when the traveller presses the choice that is offered for it.
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
        due = turn.words.time(facts.delivery_due_at)
        if turn.was_sent("utter_qr_not_delivered") and not asks_how_long(
            turn.text
        ):  # looked for meanwhile, in the spam folder too
            turn.say("utter_qr_still_due", [turn.choice_of_offer("person")], due=due)
            return [SlotSet("offer", "human_handoff")]
        turn.say("utter_qr_not_delivered", due=due)
        return []
    if facts.profile_state == "deleted":
        reissue(turn, session, number, "utter_qr_deleted", state="deleted", device=facts.device_model)
        return []
    if facts.profile_state != "released":
        device = device_name(facts.device_model, turn.language)
        where = [turn.words.word(facts.profile_state), *([device] if device else [])]
        turn.say("utter_qr_used", state=turn.words.listing(where))
        return [SlotSet("offer", "human_handoff")]
    if not ownership.is_fresh(session, turn.conversation_id, number, turn.now):
        if not ask_again:
            turn.say("utter_qr_prove_again", [turn.choice_of_intent("resend_qr")])
            return []
        ownership.withdraw(session, turn.conversation_id, number, turn.now)
        turn.say("utter_qr_prove_again")
        return [SlotSet("order_verified", False), SlotSet("goal", "resend_qr"), FollowupAction("order_form")]
    if (address := turn.entity("email")) and not ownership.is_buyers(session, number, str(address)):
        turn.say("utter_qr_only_here")
    code = activation_code(facts.smdp_address, facts.matching_id)
    phrase = "qr_this_iphone" if turn.phone_in_hand == "iphone" else "qr_iphone"
    iphone = turn.words.phrase(phrase, link=iphone_link(code)) if may_be_iphone(turn, facts) else ""
    turn.say(
        "utter_qr",
        smdp=facts.smdp_address,
        code=facts.matching_id,
        iphone=iphone,
        image=picture(turn, qr_png(code), "alt_qr"),
    )
    if payouts.mail_qr(session, number, turn.now):
        turn.say_text(turn.words.phrase("qr_mailed"), "qr_mailed")
    return []


def may_be_iphone(turn: Turn, facts: OrderFacts) -> bool:
    """Whether the phone is an iPhone, or nobody has said what it is."""
    return turn.menu_family(facts) in ("iphone", None)


class ActionResendQr(OrderAction):
    """The QR code again, if it can still be used."""

    action_name = "action_resend_qr"
    asks_issuer = True

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Show it or say why not."""
        return show_qr(turn, session, number)
