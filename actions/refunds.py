"""The refund form and what surrounds it: decided by code from the provider's terms, explained rule by rule."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions import withdrawal
from actions.base import AftercareAction, Event, OrderAction, Turn
from actions.diagnosis import GO_BACK
from actions.follow_up import asks_how_long, told_before
from actions.orders import ticket_for
from actions.wording import Wording
from aftercare.base.language import to_simplified
from aftercare.catalogue.load import load_catalogue
from aftercare.orders import requests, support_hours
from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.refunds.decide import RefundDecision, Rule, decide
from aftercare.orders.refunds.exchange import ExchangeOption, exchange_options
from aftercare.orders.refunds.load import facts_for, terms_for
from aftercare.orders.refunds.terms import RefundTerms
from aftercare.orders.tables import RefundRequest
from aftercare.understanding.negation import refuses_refund

MAX_CHOICES = 5
_KIND_OF = {"request_refund": "refund", "request_exchange": "exchange", "withdraw_request": "withdraw"}
_YES = re.compile(
    r"\W*(?:yes|yeah|yep|ok|okay|sure|please do|go ahead|好|可以|确认|確認|是的|行|嗯|对|對)", re.IGNORECASE
)


def rule_line(words: Wording, rule: Rule, decision: RefundDecision, terms: RefundTerms) -> str:
    """One rule in words, with its figure and limit."""
    mark = "✓" if rule.passed else "✗"
    provider = words.pick(terms.provider_en, terms.provider_zh)
    figure, limit = rule.figure, rule.limit
    days = int(figure) if rule.unit == "days" and figure is not None else 0
    en: str
    zh: str
    if rule.name in ("window", "fault_window"):
        en_since, zh_since = {
            "purchase": ("bought", "购买"),
            "delivery": ("QR code sent", "二维码发出"),
            "expiry": ("expired", "到期"),
        }[terms.window_from]
        en = f"{en_since} {days} day{'' if days == 1 else 's'} ago; {provider} allows {limit}"
        zh = f"{zh_since}已过 {days} 天；{provider} 允许 {limit} 天"
        if rule.name == "fault_window":
            en, zh = f"fault report: {en}", f"故障申报：{zh}"
    elif rule.name == "data_limit":
        used = words.data(int(figure or 0))
        if not figure:
            en, zh = "no data used", "流量还没用"
        elif limit is None:
            en, zh = f"{used} used; no data limit", f"已用 {used}；没有流量限制"
        else:
            allowed = words.data(int(limit))
            en, zh = f"{used} used; {provider} allows {allowed}", f"已用 {used}；{provider} 允许 {allowed}"
    elif rule.name == "profile":
        state = words.word(str(figure or "released"))
        en = zh = f"eSIM {state}"
    elif rule.name == "fee":
        fee = words.money(int(figure or 0), decision.currency)
        en, zh = f"handling fee {fee}", f"手续费 {fee}"
    elif rule.name == "something_left":
        en, zh = "unused share to give back", "未使用部分可退"
    elif rule.name == "duplicate_charge":
        en, zh = f"second charge for the same plan as {figure}", f"与 {figure} 是同一套餐的重复扣款"
    else:
        ok = rule.passed
        texts = {
            "charged": (("paid", "已付款"), ("this order was not charged", "这个订单没有扣款")),
            "not_refunded": (("not refunded before", "之前没有退过款"), ("already refunded", "已经退过款")),
            "phone_cannot_use": (
                ("phone can't use the plan", "手机无法使用该套餐"),
                ("phone can use the plan", "手机可以使用该套餐"),
            ),
            "expiry": (("plan still valid", "套餐仍在有效期"), ("the plan has expired", "套餐已过期")),
            "promotion": (
                ("promotion allows it", "优惠订单可退"),
                ("bought on a non-refundable promotion", "优惠订单按条款不可退"),
            ),
            "exchange_allowed": (
                ("exchange allowed", "可以更换"),
                (f"{provider} doesn't exchange plans", f"{provider} 不支持更换套餐"),
            ),
        }
        good, bad = texts.get(rule.name, ((rule.name, rule.name), (rule.name, rule.name)))
        en, zh = good if ok else bad
    return f"{mark} {words.pick(en, zh)}"


def rules_text(turn: Turn, decision: RefundDecision, terms: RefundTerms) -> str:
    """The rules a traveller needs to see: all of them, those that stand in the way first."""
    ordered = (*decision.failed, *(rule for rule in decision.rules if rule.passed))
    silent = (
        {"charged", "not_refunded", "something_left"} if decision.failed or decision.outcome != "declined" else set()
    )
    lines = [
        rule_line(turn.words, rule, decision, terms) for rule in ordered if not (rule.passed and rule.name in silent)
    ]
    return turn.in_script("\n".join(lines))


class ValidateRefundForm(AftercareAction):
    """Decide, explain, confirm, request: a refund or an exchange of the verified order."""

    action_name = "validate_refund_form"

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot`."""
        draft = turn.slot("refund_draft") or {}
        with turn.orders() as session:
            number = draft.get("number") if draft.get("duplicate") else None
            verified = turn.verified_order(session)
            if verified is None:
                return [SlotSet("order_verified", False), *self._end(), FollowupAction("order_form")]
            if number is None or first_of_duplicate(session, number) != verified:
                number = verified
            running = turn.answers_form
            if running and draft.get("kind") == "withdraw":
                return self._answered_withdrawal(turn, session, number, draft)
            if not turn.form_waits and turn.slot("goal") in ("refund", "exchange") and refuses_refund(turn.text):
                turn.say("utter_which_problem")
                return self._end(goal="diagnose")
            if running and turn.entity("exchange_plan"):
                return self._confirm_exchange(turn, session, number, str(turn.entity("exchange_plan")))
            if running and draft.get("plan") and GO_BACK.search(turn.text):
                return self._offer_exchange(turn, session, number)
            if running and draft.get("ready") and self._agrees(turn, draft):
                return self._request(turn, session, number, draft)
            if running and turn.intent in ("deny", "cancel", "withdraw_request"):
                return self._not_now(turn, session, number)
            asked_anew = turn.intent in ("request_refund", "request_exchange") or asks_how_long(turn.text)
            if running and draft.get("ready") and not asked_anew:
                turn.say("utter_refund_confirm_again")
                return self._wait(**draft)
            kind = self._wanted(turn, draft)
            if kind == "withdraw":
                return self._offer_withdrawal(turn, session, number)
            if kind == "exchange" and draft.get("plan"):
                return self._confirm_exchange(turn, session, number, draft["plan"])
            if kind == "exchange":
                return self._offer_exchange(turn, session, number)
            return self._offer_refund(turn, session, number, draft)

    @staticmethod
    def _wanted(turn: Turn, draft: dict[str, Any]) -> str:
        """What this is about: a new wish, what already waits to be confirmed, or the goal that led here."""
        waits = draft.get("kind") if turn.form_waits else None
        return str(_KIND_OF.get(turn.intent or "") or waits or turn.slot("goal"))

    def _offer_withdrawal(self, turn: Turn, session: Session, number: str) -> list[Event]:
        draft = withdrawal.offer(turn, session, number)
        return self._end() if draft is None else self._wait(**draft)

    def _answered_withdrawal(self, turn: Turn, session: Session, number: str, draft: dict[str, Any]) -> list[Event]:
        """ "Cancel" alone may mean the request or the withdrawal, so it is asked once more."""
        if turn.intent in ("affirm", "withdraw_request") or (turn.intent == "cancel" and _YES.match(turn.text)):
            withdrawal.carry_out(turn, session, number, draft)
            return self._end()
        if turn.intent == "deny":
            turn.say("utter_withdraw_kept", number=draft["number"])
            return self._end()
        turn.say("utter_refund_confirm_again")
        return self._wait(**draft)

    @staticmethod
    def _agrees(turn: Turn, draft: dict[str, Any]) -> bool:
        """A yes, also one that repeats the wish: "yes, refund it", "好的，请帮我退"."""
        wish = {"refund": "request_refund", "exchange": "request_exchange"}[draft["kind"]]
        return turn.intent == "affirm" or (turn.intent == wish and bool(_YES.match(turn.text)))

    def _end(self, **slots: Any) -> list[Event]:
        return [
            SlotSet("refund_draft", None),
            SlotSet("refund_confirmed", None),
            *(SlotSet(name, value) for name, value in slots.items()),
            SlotSet("requested_slot", None),
        ]

    def _wait(self, **draft: Any) -> list[Event]:
        return [SlotSet("refund_draft", draft), SlotSet("requested_slot", "refund_confirmed")]

    def _decide(self, turn: Turn, session: Session, number: str, kind: Any) -> tuple[RefundDecision, RefundTerms]:
        fault = bool(turn.slot("diagnosis")) or turn.slot("symptom") is not None
        loaded = facts_for(session, number, turn.now, fault_reported=fault)
        if loaded is None:
            raise LookupError("order vanished")
        facts, terms = loaded
        return decide(facts, terms, kind), terms

    def _offer_refund(self, turn: Turn, session: Session, number: str, draft: dict[str, Any]) -> list[Event]:
        if (existing := self._open(session, number)) is not None:
            return self._already(turn, number, existing)
        decision, terms = self._decide(turn, session, number, "refund")
        rules = rules_text(turn, decision, terms)
        amount = turn.words.money(decision.amount_minor, decision.currency)
        arrives = turn.words.day_after(turn.now, decision.arrives_in_days or 0)
        if decision.outcome in ("approved", "partial"):
            paid = turn.words.money(decision.up_to_minor, decision.currency)
            turn.say(
                f"utter_refund_{decision.outcome}",
                number=number,
                amount=amount,
                paid=paid,
                rules=rules,
                arrives_by=arrives,
                paid_to=turn.words.word(decision.paid_to),
            )
            return self._wait(ready=True, kind="refund", number=number, duplicate=bool(draft.get("duplicate")))
        if decision.outcome == "review":
            turn.say("utter_refund_review", rules=rules, read_by=turn.words.time(support_hours.read_by(turn.now)))
            return self._wait(ready=True, kind="refund", number=number)
        turn.say("utter_refund_declined", number=number, provider=self._provider(turn, terms), rules=rules)
        turn.say("utter_refund_options", buttons=self._options(turn, decision))
        return self._end(offer="human_handoff")

    @staticmethod
    def _provider(turn: Turn, terms: RefundTerms) -> str:
        return turn.in_script(turn.words.pick(terms.provider_en, terms.provider_zh))

    def _options(self, turn: Turn, decision: RefundDecision) -> list[dict[str, str]]:
        known = {
            "exchange": ("Swap the plan", "换套餐", "/request_exchange"),
            "top_up": ("Add data", "加购流量", "/ask_topup"),
            "fault_review": ("It never worked well", "一直用不好", "/report_no_data"),
            "person": ("Talk to a person", "找人工客服", "/human_handoff"),
        }
        wanted = [option for option in decision.options if option in known]
        if "person" not in wanted:
            wanted.append("person")
        return [turn.button(*known[option]) for option in wanted]

    def _offer_exchange(self, turn: Turn, session: Session, number: str) -> list[Event]:
        if (existing := self._open(session, number)) is not None:
            return self._already(turn, number, existing)
        decision, terms = self._decide(turn, session, number, "exchange")
        if decision.outcome == "declined":
            turn.say(
                "utter_refund_declined",
                number=number,
                provider=self._provider(turn, terms),
                rules=rules_text(turn, decision, terms),
            )
            turn.say("utter_refund_options", buttons=self._options(turn, decision))
            return self._end(offer="human_handoff")
        options = exchange_options(session, number, turn.now)[:MAX_CHOICES]
        if not options:
            turn.say("utter_exchange_none", number=number)
            return self._end(offer="human_handoff")
        buttons = [
            turn.button(
                f"{o.name_en} ({self._difference(turn, o)})",
                f"{o.name_zh}（{self._difference(turn, o)}）",
                f'/inform{{"exchange_plan": "{o.plan_id}"}}',
            )
            for o in options
        ]
        turn.say("utter_exchange_choose", number=number, buttons=buttons)
        return self._wait(ready=False, kind="exchange", number=number)

    def _difference(self, turn: Turn, option: ExchangeOption) -> str:
        if option.difference_minor == 0:
            return turn.words.pick("same price", "无差价")
        amount = turn.words.money(abs(option.difference_minor), option.currency)
        if option.difference_minor > 0:
            return turn.words.pick(f"{amount} to pay", f"补 {amount}")
        return turn.words.pick(f"{amount} back", f"退 {amount}")

    def _confirm_exchange(self, turn: Turn, session: Session, number: str, plan_id: str) -> list[Event]:
        option = {o.plan_id: o for o in exchange_options(session, number, turn.now)}.get(plan_id)
        if option is None:
            return self._offer_exchange(turn, session, number)
        name = turn.words.pick(option.name_en, option.name_zh)
        turn.say(
            "utter_exchange_confirm",
            number=number,
            plan=turn.in_script(name),
            difference=self._difference(turn, option),
        )
        return self._wait(ready=True, kind="exchange", number=number, plan=plan_id)

    def _request(self, turn: Turn, session: Session, number: str, draft: dict[str, Any]) -> list[Event]:
        kind = draft["kind"]
        decision, _ = self._decide(turn, session, number, kind)
        try:
            request, created = requests.open_request(
                session, number, kind, decision, turn.conversation_id, turn.now, draft.get("plan")
            )
        except requests.RequestError:
            # the terms or the order changed since they were shown: show what holds now
            return (
                self._offer_exchange(turn, session, number)
                if kind == "exchange"
                else self._offer_refund(turn, session, number, {})
            )
        if not created:
            return self._already(turn, number, request)
        amount = turn.words.money(request.amount_minor, request.currency)
        if request.decision == "review":
            told = {"rules": request.reasons["rules"], "steps_tried": turn.steps_tried()}
            turn.say("utter_review_sent", **ticket_for(turn, session, number, "refund_review", **told))
        elif kind == "exchange":
            option = {o.plan_id: o for o in exchange_options(session, number, turn.now)}.get(draft.get("plan", ""))
            plan = turn.words.pick(option.name_en, option.name_zh) if option else draft.get("plan", "")
            difference = self._difference(turn, option) if option else amount
            turn.say(
                "utter_exchange_requested",
                number=number,
                plan=turn.in_script(plan),
                request=request.id,
                difference=difference,
            )
        else:
            turn.say(
                "utter_refund_requested",
                number=number,
                amount=amount,
                request=request.id,
                arrives_by=turn.words.day(request.arrives_by or turn.now),
                paid_to=turn.words.word(decision.paid_to),
            )
        return self._end(diagnosis=None, symptom=None)

    def _open(self, session: Session, number: str) -> RefundRequest | None:
        latest = requests.latest_request(session, number)
        return latest if latest is not None and latest.state in ("requested", "approved") else None

    def _already(self, turn: Turn, number: str, request: RefundRequest) -> list[Event]:
        if request.arrives_by is None:  # an exchange, or a refund that a person still looks at
            turn.say(
                "utter_refund_already_open",
                number=number,
                kind=turn.words.word(f"kind_{request.kind}"),
                state=state_of(turn, request),
            )
            return self._end()
        turn.say(
            "utter_refund_already",
            number=number,
            amount=turn.words.money(request.amount_minor, request.currency),
            state=turn.words.word(request.state),
            arrives_by=turn.words.day(request.arrives_by),
        )
        return self._end()

    def _not_now(self, turn: Turn, session: Session, number: str) -> list[Event]:
        turn.say("utter_refund_not_now")
        return self._end()


def state_of(turn: Turn, request: RefundRequest) -> str:
    """How far a request is, in words."""
    special = {("refund", "paid"): "request_paid", ("exchange", "approved"): "exchange_approved"}
    special[("exchange", "paid")] = "exchange_done"
    return turn.words.word(special.get((request.kind, request.state), request.state))


class ActionRefundStatus(OrderAction):
    """Where the money is: amount, state and the date by which it arrives."""

    action_name = "action_refund_status"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Tell the latest request; chase it when it is overdue."""
        # the second charge of a double charge has an order number of its own
        request = requests.latest_request(session, number) or requests.latest_of_conversation(
            session, turn.conversation_id
        )
        if request is None and turn.form == "refund_form":
            return []  # the form says amount and date again, and asks whether to go on
        if request is None:
            turn.say("utter_refund_none", number=number)
            return [SlotSet("offer", "request_refund")]
        number = str(request.purchase.number)
        amount = turn.words.money(request.amount_minor, request.currency)
        state = state_of(turn, request)
        if request.arrives_by is None and request.decision == "review" and request.state == "requested":
            turn.say("utter_refund_in_review", **ticket_for(turn, session, number, "refund_review"), number=number)
            return []
        if request.state in ("declined", "withdrawn") or request.arrives_by is None:
            turn.say("utter_refund_state", number=number, kind=turn.words.word(f"kind_{request.kind}"), state=state)
            return []
        turn.say(
            "utter_refund_status",
            number=number,
            amount=amount,
            requested_at=turn.words.day(request.requested_at),
            state=state,
            arrives_by=turn.words.day(request.arrives_by),
        )
        if request.state != "paid" and request.arrives_by < turn.now:
            chased = ticket_for(turn, session, number, "refund_overdue", request=request.id)
            turn.say("utter_refund_status_overdue", **chased)
        return []


class ActionRefundPolicy(AftercareAction):
    """The terms, before any order is known or for the order at hand."""

    action_name = "action_refund_policy"

    def handle(self, turn: Turn) -> list[Event]:
        """The provider of the verified order or the one named; else all of them."""
        if again := told_before(turn):
            return [FollowupAction(again)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            named = facts.provider_id if facts else turn.slot("provider")
            providers = load_catalogue().providers
            said = provider_named(turn.text)
            named = said or named
            chosen = [provider for provider in providers if provider.id == named] or list(providers)
            if len(chosen) > 1:
                turn.say("utter_refund_policy_intro")
            lines = []
            for provider in chosen:
                terms = terms_for(session, provider.id)
                if terms is None:
                    continue
                name = turn.words.pick(provider.name_en, provider.name_zh)
                lines.append(f"{name}{turn.words.pick(': ', '：')}{terms_text(turn.words, terms)}")
        body = turn.in_script("\n".join(lines))
        turn.say("utter_text", body=body)
        known = [SlotSet("provider", said)] if said else []
        if turn.form:  # it asks its own question next
            return known
        turn.say("utter_refund_policy_check" if facts else "utter_refund_policy_outro")
        return [*known, SlotSet("offer", "request_refund")]


def provider_named(text: str) -> str | None:
    """The provider a text names by its full name or, in English, by the first word of it."""
    plain = to_simplified(text).casefold()
    for provider in load_catalogue().providers:
        english = provider.name_en.casefold()
        if english in plain or provider.name_zh in plain or re.search(rf"\b{english.split()[0]}\b", plain):
            return provider.id
    return None


def terms_text(words: Wording, terms: RefundTerms) -> str:
    """A provider's refund terms in one line."""
    since = {
        "purchase": words.pick("of purchase", "购买后"),
        "delivery": words.pick("of delivery", "发码后"),
        "expiry": words.pick("of expiry", "到期后"),
    }[terms.window_from]
    if terms.window_days == 0:
        parts = [words.pick("no refund once the code is sent", "发码后不退款")]
    else:
        parts = [words.pick(f"refund within {terms.window_days} days {since}", f"{since} {terms.window_days} 天内可退")]
        if not terms.installed_refundable:
            parts.append(words.pick("only while not installed", "仅限未安装"))
        elif terms.data_limit_mb is not None:
            limit = words.data(terms.data_limit_mb)
            parts.append(
                words.pick("no data used", "未使用流量")
                if terms.data_limit_mb == 0
                else words.pick(f"up to {limit} used", f"用量不超过 {limit}")
            )
        if terms.partial_refund:
            parts.append(words.pick("otherwise the unused share", "超出时可退未用部分"))
        if terms.fee_minor:
            fee = words.money(terms.fee_minor, "NZD")
            parts.append(words.pick(f"{fee} fee", f"手续费 {fee}"))
        to = words.word(terms.paid_to)
        parts.append(
            words.pick(
                f"back to your {to} within {terms.paid_within_days} days", f"{terms.paid_within_days} 天内退到{to}"
            )
        )
    if terms.exchange_allowed:
        parts.append(
            words.pick(f"exchange within {terms.exchange_window_days} days", f"{terms.exchange_window_days} 天内可换")
        )
    if terms.fault_window_days:
        parts.append(
            words.pick(
                f"faults reviewed within {terms.fault_window_days} days", f"故障 {terms.fault_window_days} 天内可申报"
            )
        )
    return words.pick("; ", "；").join(parts)
