"""Questions about the verified order: status, QR code, usage, payment, invoice."""

from __future__ import annotations

import base64
import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import WITH_ORDER, Event, OrderAction, Turn
from aftercare.base.settings import settings
from aftercare.documents import links
from aftercare.documents.locales import country, locale_of
from aftercare.documents.qr import activation_code, iphone_link, qr_png
from aftercare.documents.usage_chart import usage_chart
from aftercare.orders import requests, tickets, usage
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.orders.payments import duplicate_charge, first_of_duplicate
from aftercare.orders.tables import OPEN_REQUEST_STATES

MAX_RECORDS = 10
# said of an invoice, these ask for a company's name on it, which only a person can put there
COMPANY = re.compile(
    r"公司|抬头|抬頭|税号|稅號|统一编号|統一編號|统编|統編"
    r"|\b(?:company|business|employer|firm|tax invoice|gst (?:number|no)|abn|nzbn|vat)\b",
    re.IGNORECASE,
)
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
        where = [turn.words.word(facts.profile_state), *([facts.device_model] if facts.device_model else [])]
        turn.say("utter_qr_used", state=turn.words.listing(where))
        return [SlotSet("offer", "human_handoff")]
    code = activation_code(facts.smdp_address, facts.matching_id)
    iphone = ""
    if may_be_iphone(turn, facts):
        link = iphone_link(code)
        iphone = turn.words.pick(
            f"\niPhone with iOS 17.4 or later: open this link on it to install without scanning: {link}",
            f"\niPhone（iOS 17.4 及以上）可直接在手机上点这个网址安装，不用扫码：{link}",
        )
    turn.say(
        "utter_qr",
        smdp=facts.smdp_address,
        code=facts.matching_id,
        iphone=turn.in_script(iphone),
        image=picture(qr_png(code)),
    )
    return []


def may_be_iphone(turn: Turn, facts: OrderFacts) -> bool:
    """Whether the phone is an iPhone, or nobody has said what it is."""
    return (turn.phone.menu_family if turn.phone else facts.device_family) in ("iphone", None)


def picture(png: bytes) -> str:
    """A picture inside the message itself: no address that somebody else could open."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def link_to(turn: Turn, kind: links.Kind, number: str) -> str:
    """The address of a file about the order, good for an hour. The caller has checked ownership."""
    link = links.FileLink(kind, number, locale_of(turn.language, turn.traditional))
    return links.address(link, settings().public_url, settings().secret("media"), turn.now)


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
        """Status, plan, amount; for an undelivered order when the code comes. Or what the order was given for."""
        offer = str(turn.slot("offer") or "")
        if offer.startswith(WITH_ORDER) and not self._asked_in_words(turn):
            return [SlotSet("offer", None), FollowupAction(offer.removeprefix(WITH_ORDER))]
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

    @staticmethod
    def _asked_in_words(turn: Turn) -> bool:
        """Whether the status itself was asked for, rather than an order given for an earlier question."""
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                name = (event.get("parse_data") or {}).get("intent", {}).get("name")
                if name not in ("inform", "affirm", "deny", None):
                    return name == "check_order_status" and not str(event.get("text")).startswith("/")
        return False


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
        locale = locale_of(turn.language, turn.traditional)
        line = turn.words.pick("{day}: {used} ({operator}, {country})", "{day}：{used}（{operator}，{country}）")
        lines = [
            line.format(
                day=turn.words.day(record.day),
                used=turn.words.data(record.used_mb),
                operator=record.operator,
                country=country(record.country, locale),
            )
            for record in summary.records[-MAX_RECORDS:]
        ]
        cut = turn.words.pick(f"; the latest {MAX_RECORDS}", f"，最近 {MAX_RECORDS} 条")
        turn.say(
            "utter_usage_records",
            number=number,
            count=len({record.day for record in summary.records}),
            total=turn.words.data(summary.recorded_mb),
            cut=turn.in_script(cut) if len(summary.records) > MAX_RECORDS else "",
            records="\n".join(lines),
            link=link_to(turn, "usage", number),
            image=picture(usage_chart(summary, locale)),
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
    """The invoice at once; a person writes one with a company's name."""

    action_name = "action_invoice"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """A link to the PDF, and a ticket when a company's name is wanted on it."""
        facts = facts_of(turn, session, number)
        if facts.status == "payment_failed":
            turn.say("utter_payment_failed", number=number)
            return [SlotSet("offer", "human_handoff")]
        if turn.entity("invoice_for") == "company":
            turn.say("utter_invoice_company", **ticket_for(turn, session, number, "invoice", company=True))
            return []
        company = any(COMPANY.search(text) for text in self._asked(turn))
        turn.say(
            "utter_invoice",
            number=number,
            plan=plan_name(turn, facts),
            amount=turn.words.money(facts.amount_minor, facts.currency),
            bought_at=turn.words.day(facts.bought_at),
            link=link_to(turn, "invoice", number),
            buttons=()
            if company
            else [turn.button("Add a company name", "加上公司名称", '/ask_invoice{"invoice_for": "company"}')],
        )
        if company:
            turn.say("utter_invoice_company", **ticket_for(turn, session, number, "invoice", company=True))
        return []

    @staticmethod
    def _asked(turn: Turn) -> list[str]:
        """What was said since the invoice was asked for: proof of the order may have come between."""
        said: list[str] = []
        for event in reversed(turn.tracker.events):
            if event.get("event") == "user":
                said.append(str(event.get("text") or ""))
                if (event.get("parse_data") or {}).get("intent", {}).get("name") == "ask_invoice":
                    return said
        return [turn.text]
