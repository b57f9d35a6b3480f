"""Questions about the verified order: status, QR code, usage, payment, invoice."""

from __future__ import annotations

import base64
import io
from typing import Any

import segno
from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import Event, OrderAction, Turn
from aftercare.orders import requests, tickets, usage
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.orders.payments import duplicate_charge, first_of_duplicate
from aftercare.orders.tables import OPEN_REQUEST_STATES

MAX_RECORDS = 31
NOT_USABLE = ("refunded", "exchanged", "cancelled", "payment_failed")


def facts_of(turn: Turn, session: Session, number: str) -> OrderFacts:
    """The facts of an order that is known to exist.

    Raises:
        LookupError: it was removed meanwhile.
    """
    facts = order_facts(session, number, turn.now)
    if facts is None:
        raise LookupError("order vanished")
    return facts


def ticket_for(turn: Turn, session: Session, number: str, reason: str, **summary: object) -> dict[str, Any]:
    """Open a ticket about the order; its number and reading time in words."""
    ticket, _ = tickets.open_ticket(
        session, turn.conversation_id, reason, turn.language, {"order": number, **summary}, turn.now, number
    )
    return {"ticket": turn.words.ticket(ticket.id), "read_by": turn.words.time(ticket.read_by)}


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
        turn.say("utter_qr_used", state=turn.words.word(facts.profile_state))
        return [SlotSet("offer", "human_handoff")]
    code = f"LPA:1${facts.smdp_address}${facts.matching_id}"
    turn.say("utter_qr", smdp=facts.smdp_address, code=facts.matching_id, image=qr_image(code))
    return []


def qr_image(code: str) -> str:
    """The code as a PNG in a data: URL; it never becomes a file."""
    buffer = io.BytesIO()
    segno.make(code, error="m", micro=False).save(buffer, kind="png", scale=5, border=4)

    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


class ActionResendQr(OrderAction):
    """The QR code again, if it can still be used."""

    action_name = "action_resend_qr"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Show it or say why not."""
        return show_qr(turn, session, number)


class ActionOrderStatus(OrderAction):
    """Where the order stands."""

    action_name = "action_order_status"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Status, plan, amount; for an undelivered order when the code comes."""
        facts = facts_of(turn, session, number)
        turn.say(
            "utter_order_status",
            number=number,
            plan=plan_name(turn, facts),
            amount=turn.words.money(facts.amount_minor, facts.currency),
            bought_at=turn.words.day(facts.bought_at),
            status=turn.words.word(facts.status),
            state=turn.words.word(facts.profile_state or "released"),
        )
        if facts.status == "paid" and not facts.delivered:
            turn.say("utter_qr_not_delivered", due=turn.words.time(facts.delivery_due_at))
        return []


def plan_name(turn: Turn, facts: OrderFacts) -> str:
    """The plan's name in the traveller's language and script."""
    return turn.in_script(turn.words.pick(facts.plan_en, facts.plan_zh))


def validity(turn: Turn, facts: OrderFacts) -> str:
    """Until when the plan runs, or when it starts."""
    if facts.expired and facts.expires_at:
        ended = turn.words.day(facts.expires_at)
        return turn.words.pick(f"It ended on {ended}.", f"已于 {ended} 到期。")
    if facts.expires_at:
        until = turn.words.time(facts.expires_at)
        return turn.words.pick(f"Valid until {until} (New Zealand time).", f"有效期到 {until}（新西兰时间）。")
    days = turn.words.days(facts.days_of_plan)
    return turn.words.pick(f"Not started yet; it then runs for {days}.", f"还没开始，开始后可用 {days}。")


class ActionDataUsage(OrderAction):
    """How much data is used and left, and until when."""

    action_name = "action_data_usage"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """From the profile's counters."""
        facts = facts_of(turn, session, number)
        left = facts.data_left_mb
        if left is not None:
            remaining = turn.words.data(left)
            left_text = turn.words.pick(f"{remaining} left", f"剩余 {remaining}")
        else:
            full = turn.words.data(facts.fair_use_mb or 0)
            left_text = turn.words.pick(f"unlimited, {full} a day at full speed", f"不限量，每天 {full} 高速")
        turn.say(
            "utter_usage",
            number=number,
            used=turn.words.data(facts.data_used_mb),
            left=left_text,
            validity=turn.in_script(validity(turn, facts)),
        )
        turn.say("utter_usage_lag")
        return []


class ActionUsageRecords(OrderAction):
    """The usage of each day; days that are missing are asked for."""

    action_name = "action_usage_records"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """List the days, explain gaps, file a recovery request when data is unaccounted for."""
        summary = usage.summary(session, number, turn.now)
        if summary is None or not summary.records:
            turn.say("utter_usage_none", number=number)
            return []
        lines = [
            f"{turn.words.day(r.day)}: {turn.words.data(r.used_mb)} ({r.operator}, {r.country})"
            for r in summary.records[-MAX_RECORDS:]
        ]
        turn.say(
            "utter_usage_records",
            number=number,
            count=len({record.day for record in summary.records}),
            total=turn.words.data(summary.recorded_mb),
            records="\n".join(lines),
        )
        if summary.recoverable:
            days = turn.words.listing([turn.words.day(day) for day in summary.missing_days])
            filed = ticket_for(turn, session, number, "recover_usage", missing=[str(d) for d in summary.missing_days])
            turn.say("utter_usage_gap", days=days, **filed)
        return []


class ActionPaymentIssue(OrderAction):
    """Charged twice, not at all, or wrongly."""

    action_name = "action_payment_issue"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """A second charge goes straight to its refund."""
        facts = facts_of(turn, session, number)
        amount = turn.words.money(facts.amount_minor, facts.currency)
        other = duplicate_charge(session, number)
        if other is not None:
            second = number if first_of_duplicate(session, number) else str(other.number)
            turn.say("utter_duplicate_found", number=number, other=str(other.number), amount=amount)
            draft = {"number": second, "duplicate": True, "ready": False}
            return [SlotSet("goal", "refund"), SlotSet("refund_draft", draft), FollowupAction("refund_form")]
        if facts.status == "payment_failed":
            turn.say("utter_payment_failed", number=number)
        else:
            turn.say("utter_payment_single", number=number, amount=amount, bought_at=turn.words.day(facts.bought_at))
        return [SlotSet("offer", "human_handoff")]


class ActionInvoice(OrderAction):
    """A receipt now, the invoice by e-mail from a person."""

    action_name = "action_invoice"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Amount and date, and a ticket for the document."""
        facts = facts_of(turn, session, number)
        turn.say(
            "utter_invoice",
            number=number,
            plan=plan_name(turn, facts),
            amount=turn.words.money(facts.amount_minor, facts.currency),
            bought_at=turn.words.day(facts.bought_at),
            **ticket_for(turn, session, number, "invoice"),
        )
        return []
