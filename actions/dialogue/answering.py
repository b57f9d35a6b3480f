"""Answers a question in whatever state the conversation is: what was told, what was shown, this order, knowledge."""

from __future__ import annotations

import re
from collections.abc import Callable

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import marketplaces, phones
from actions.base import AftercareAction
from actions.clarify import OFFER_PERSON_AFTER, not_understood
from actions.dialogue import about_plan, about_refund, emergency, explaining, knowledge
from actions.dialogue.exchange_price import price_of_exchange
from actions.dialogue.orders_compared import compare_orders
from actions.dialogue.other_order import without_order
from actions.dialogue.shown import OPEN_OFFERS, answer_about_plan, plan_pointed_at, plans_shown
from actions.email_code import help_with_number
from actions.follow_up import follow_up
from actions.orders.usage import day_asked
from actions.people import tell_contacts
from actions.plans import incidents, own_plan
from actions.plans.needs import need_of
from actions.refunds.about_request import OF_REQUESTS, about_request, request_open, whether_usable
from actions.refunds.reasons import told_reasons
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.articles.units import unit
from aftercare.understanding.choices import pointed_superlative
from aftercare.understanding.feature_faults import is_fault
from aftercare.understanding.follow_ups import asks_faster, asks_how_long, asks_if_usable, asks_what_now
from aftercare.understanding.goals import GOAL_OF
from aftercare.understanding.invoice_requests import names_company
from aftercare.understanding.negation import drops_request
from aftercare.understanding.plan_requirements import plan_attribute
from aftercare.understanding.refund_requests import asks_for_terms
from aftercare.understanding.second_intent import parts

# Questions whose answer is data of the order, by the intent of the message alone.
_OF_THE_ORDER = {
    "ask_plan_start": "action_plan_start",
    "check_data_usage": "action_data_usage",
    "check_order_status": "action_order_status",
    "check_refund_status": "action_refund_status",
    "ask_apn": "action_apn",
    "ask_coverage": "action_coverage",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
}
# Questions for these are as good as the wish for them.
_WISHES = {
    "resend_qr": "action_resend_qr",
    "ask_invoice": "action_invoice",
    "recover_usage_records": "action_usage_records",
}
# "Can I have my money back?" asked of the verified order is decided, not explained.
_DECIDED = {"request_refund": "refund", "ask_refund_policy": "refund", "request_exchange": "exchange"}
_FAULTS = (
    "start:report_no_service",
    "start:report_no_data",
    "start:report_slow_data",
    "start:report_stopped_working",
    "start:report_activation_failure",
)
# What waits for a yes or a no is a decision with its figures.
_TO_CONFIRM = ("refund_confirm", "exchange_confirm")
# While an offer waits, neither the shop's list nor the order's card answers a question about it.
_OF_THE_SHOP = ("ask_price_plans", "check_order_status", "ask_crossborder_pack", "ask_local_plan")
# After these a question that nothing else answers is about where the request stands.
_OF_A_REQUEST = {("done", "refund"), ("done", "exchange"), ("done", "withdrawal"), ("told", "refund_status")}
# Countries asked about are first looked for in the plan one has.
_OF_COUNTRIES = ("choose-a-plan.nz-only", "several-countries.")
_ABROAD = ("ask_coverage", "ask_crossborder_pack", "ask_price_plans")
# Questions that actions answer without an order, better than an article could.
_COMPUTED = {
    "ask_promotions": "action_promotions",
    "ask_price_plans": "action_price_plans",
    "ask_crossborder_pack": "action_crossborder_pack",
    "ask_local_plan": "action_local_plan",
    "ask_support_hours": "action_support_hours",
    "ask_device_compatibility": "action_device_compatibility",
    "ask_roaming_setting": "action_roaming_setting",
    "ask_how_to_install": "action_how_to_install",
    "ask_refund_policy": "action_refund_policy",
    "ask_coverage": "action_coverage",
    "ask_apn": "action_apn",
    "ask_plan_start": "action_plan_start",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
    "ask_dual_sim": "action_dual_sim",
    "ask_what_is_esim": "action_what_is_esim",
    "ask_delete_reinstall": "action_delete_reinstall",
    "ask_change_device": "utter_change_device",
    "bot_challenge": "utter_bot_challenge",
}
# Which plans there are for a country that is named: after what an article of this name says, the plans that fit.
_OF_PLANS, _CHOOSING = ("ask_price_plans", "ask_crossborder_pack"), "choose-a-plan."
# Of these, what is looked up in the catalogue or computed at this moment: no article can say it.
_CALCULATED = frozenset(
    {
        "ask_promotions",
        "ask_price_plans",
        "ask_crossborder_pack",
        "ask_local_plan",
        "ask_support_hours",
        "ask_device_compatibility",
        "ask_refund_policy",
    }
)
# Questions about the phone that the record of the order answers.
_OF_STATUS = ("before-you-leave.is-it-installed",)
# In general what the plans shown for the days that were told say in particular.
_OF_LENGTH = ("choose-a-plan.days-needed", "choose-a-plan.kind-of-plans", "choose-a-plan.how-to-order")
_OF_GROUPS, _LIKELY_ASKED = "group-and-family.", 0.6
# Said to who has no number of an order.
_NO_ORDER = ("utter_order_needed", "utter_email_alone", "utter_order_help")
# By what is asked of a plan: the action that tells it of the order at hand.
_TELLS = {"days": "action_data_usage", "data": "action_data_usage"}
# The phone may not be able to use an eSIM at all: "what now?" is about the way out, not about the step.
_OF_THE_PHONE = frozenset(
    {
        "step.eid",
        "finding.no_eid",
        "finding.no_esim_menu",
        "finding.locked",
        "finding.carrier_locked",
        "finding.lock_message",
        "finding.device_without_esim",
        "finding.mainland_iphone",
    }
)
# Where the article alone is enough: the computed answer would only add length.
_SAID_BY_ARTICLES = ("ask_promotions", "ask_refund_policy")
_FEATURES = {"ask_hotspot": "action_hotspot", "ask_calls_sms": "action_calls_sms"}
# How calls are put through, which a fault of calls resembles; told of the line at home, no order has a part in it.
_HOW_CALLS_WORK = "volte."
_HOME_LINE = re.compile(
    r"\b(?:home|own|normal|usual|old|other|original)\b|原来|原來|原卡|国内|國內|自己的|主卡", re.IGNORECASE
)
_USE_MEANWHILE, _FAINT = "refund-decision.refund-while-in-use", 0.05
_OF_STEPS = "while-we-fix-it.how-long-until-works"
# Units about how long a person takes: who waits is told their own time.
_OF_THE_LINE = ("talking-to-us.response-time", "talking-to-us.notified")
_OF_HOTLINES = "talking-to-us.phone-number"
# How sure the classifier must be of such a question, with and without an article that answers it too.
_SURE, _SURER, SUREST = 0.45, 0.75, 0.95


class ActionAnswerQuestion(AftercareAction):
    """The first of the answerers that knows something; a form that waits asks again afterwards, in other words."""

    action_name = "action_answer_question"

    def handle(self, turn: Turn) -> list[Event]:
        """Answer, then wait, unless a form or a further action goes on."""
        if checked := order_brought_for(turn, self.action_name):
            return checked
        if turn.ran("action_order_status") and turn.names_order and not turn.reading.has("ask"):
            asked = turn.asked_before()  # this message only proved the order that the question came with
            if asked is not None:
                return self._of_proven(asked)
        if turn.reading.situation == "refund_confirm" and turn.form and drops_request(turn.text):
            return self._dropped(turn)
        answerers: tuple[Callable[[Turn], list[Event] | None], ...] = (
            emergency.answer_number,
            incidents.answer,
            phones.answer,
            own_plan.answer,
            marketplaces.answer,
            about_refund.answer,
            about_plan.answer,
            price_of_exchange,
            explaining.answer,
            self._use_after_request,
            self._time_of_step,
            self._place_in_line,
            self._what_now,
            self._by_phone,
            self._short_question,
            self._feature_fails,
            self._pointed_at,
            self._other_of_two,
            self._both_parts,
            self._order,
            self._in_focus,
            self._calculated,
            self._of_decision,
            self._article,
            self._computed,
            self._ways_out,
            self._likely_article,
            self._fault,
        )
        for answerer in answerers:
            if (events := answerer(turn)) is not None:
                return self._then(turn, events)
        if turn.reading.has("chat") and not turn.form:
            turn.say("utter_out_of_scope")
            return self._then(turn, [])
        if turn.reading.has(*_FAULTS) and turn.slot("goal") == "diagnose" and turn.is_first and not turn.form:
            with turn.orders() as session:  # the fault is told, whatever is asked beside it
                known = turn.verified_order(session) is not None
            return [FollowupAction("diagnosis_form" if known else "order_form")]
        return self._then(turn, not_understood(turn))

    @staticmethod
    def _dropped(turn: Turn) -> list[Event]:
        """The refund that was offered is not wanted, and something of the order is asked beside it."""
        turn.say("utter_refund_not_now")
        ended = [SlotSet(name, None) for name in ("refund_draft", "refund_confirmed", "requested_slot")]
        action = _OF_THE_ORDER.get(turn.likeliest[0], "action_listen")
        return [*ended, ActiveLoop(None), FollowupAction(action)]

    def _of_proven(self, turn: Turn) -> list[Event]:
        """The answer to a question asked before its order was proven; of a phone that cannot, with the ways out."""
        events = self.handle(turn)
        if turn.entity("device") and turn.phone is not None and turn.phone.esim == "no":
            phone = turn.phone
            if not turn.dispatcher.messages:
                turn.say(
                    "utter_device_no",
                    device=phone.name(turn.language),
                    note=turn.words.pick(phone.note_en or "", phone.note_zh or ""),
                )
            turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in ("refund", "person")])
            return [SlotSet("offer", "request_refund"), FollowupAction("action_listen")]
        return events

    @staticmethod
    def _then(turn: Turn, events: list[Event]) -> list[Event]:
        if turn.form or any(event.get("event") == "followup" for event in events):
            return events
        reported = turn.reading.has(*_FAULTS) and any(parts(turn.text))  # "is it slowed down?" reports no fault
        if reported and turn.slot("goal") == "diagnose" and not turn.diagnosis_open:
            with turn.orders() as session:  # a fault was reported beside the question: it is looked at now
                known = turn.verified_order(session) is not None
            return [*events, FollowupAction("diagnosis_form" if known else "order_form")]
        return [*events, FollowupAction("action_listen")]

    @staticmethod
    def _use_after_request(turn: Turn) -> list[Event] | None:
        """Whether the eSIM may be used on, asked about a refund that is requested or about to be."""
        reading = turn.reading
        told = (reading.situation, reading.asked)
        asked_of_it = reading.situation == "refund_confirm" or told == ("done", "refund")
        if (
            not asked_of_it
            and not turn.called_by_action
            and asks_if_usable(turn.text)
            and not turn.entity("destination")
        ):
            if told in _OF_A_REQUEST:
                return about_request(turn) if turn.slot("order_verified") else None
            return whether_usable(turn) if reading.situation == "withdraw_confirm" else None
        if not asked_of_it or reading.chance("ask") < _SURER or turn.called_by_action:
            return None
        best, chance = (reading.units or (("", 0.0),))[0][1], dict(reading.units).get(_USE_MEANWHILE, 0.0)
        found = unit(_USE_MEANWHILE, turn.language)
        if found is None or chance < max(_FAINT, best / 8) or best >= knowledge.SURE > chance:
            return None
        turn.say("utter_article", body=knowledge.body_of(turn, found))
        return []

    @staticmethod
    def _time_of_step(turn: Turn) -> list[Event] | None:
        """ "How long does it take?" of who carries out a step: how long a step takes."""
        best = turn.reading.units[0][0] if turn.reading.units else ""
        of_time = asks_how_long(turn.text) or (best in _OF_THE_LINE and not turn.waits_for_person)
        if turn.form != "diagnosis_form" or turn.reading.situation != "step" or not of_time:
            return None
        found = unit(_OF_STEPS, turn.language)
        if found is None:
            return None
        turn.say("utter_article", body=knowledge.body_of(turn, found))
        return []

    @staticmethod
    def _place_in_line(turn: Turn) -> list[Event] | None:
        """ "How long will it take?" of who waits for a person: their own place and time, not what is usual."""
        if turn.called_by_action or not turn.waits_for_person:
            return None
        intent, confidence = turn.likeliest
        found = knowledge.best(turn)
        of_people = found is not None and found.id in _OF_THE_LINE
        hours = intent == "ask_support_hours" and confidence >= _SURER
        asked_now = turn.reading.situation == "waiting" and asks_how_long(turn.text)
        return [FollowupAction("action_support_hours")] if of_people or hours or asked_now else None

    @staticmethod
    def _what_now(turn: Turn) -> list[Event] | None:
        """ "So what do I do now?" after a finding, or without an order: the ways from there, whatever it resembles."""
        if asks_what_now(turn.text) and not turn.slot("order_verified") and any(map(turn.was_told, _NO_ORDER)):
            turn.say("utter_without_order")
            left = [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.form == "order_form" else []
            return [*left, SlotSet("offer", "human_handoff"), FollowupAction("action_listen")]
        if turn.form or turn.reading.situation != "finding" or not asks_what_now(turn.text):
            return None
        return ActionAnswerQuestion._ways_out(turn)

    @staticmethod
    def _by_phone(turn: Turn) -> list[Event] | None:
        """Whether there is a hotline: the numbers configured, after what holds for calls."""
        found = knowledge.best(turn, knowledge.SURE)
        if found is None or found.id != _OF_HOTLINES:
            return None
        events = knowledge.answer(turn, knowledge.SURE)
        with turn.orders() as session:
            facts = turn.verified_facts(session)
        tell_contacts(turn, facts.provider_id if facts else turn.slot("provider"), everyone=True)
        return events

    @staticmethod
    def _short_question(turn: Turn) -> list[Event] | None:
        """ "How long?", "and the S21?", "with the company's name": about what was answered last."""
        if turn.called_by_action:
            return None
        surely_told = bool(turn.reading.units) and turn.reading.units[0][1] >= knowledge.SUREST
        if surely_told and not names_company(turn.text):
            return None  # "when is it fast again?" has an answer of its own
        if turn.likeliest[0] in _OF_THE_ORDER and turn.likeliest[1] >= _SURER and not asks_how_long(turn.text):
            return None  # "how long will that take?" names no subject, whatever its words resemble
        goes_on = follow_up(turn)
        return None if goes_on is None else [FollowupAction(goes_on)]

    @staticmethod
    def _feature_fails(turn: Turn) -> list[Event] | None:
        """ "My hotspot doesn't work" is a fault with steps of its own."""
        intent, confidence = turn.likeliest
        if intent not in _FEATURES or confidence < _SURE or turn.called_by_action or not is_fault(turn.text):
            return None
        found = knowledge.best(turn, knowledge.SURE)
        of_workings = found is not None and found.id.startswith(_HOW_CALLS_WORK) and confidence >= SUREST
        if found is not None and intent not in found.intents and (not of_workings or _HOME_LINE.search(turn.text)):
            return None  # an article answers something else: "can I call 111 without credit?"
        own = found is not None and intent in found.intents
        told = own and not turn.form and not turn.slot("order_verified")  # the order is asked for after the answer
        events = (knowledge.answer(turn, knowledge.SURE) or []) if told else []
        return [*events, FollowupAction(_FEATURES[intent])]

    @staticmethod
    def _pointed_at(turn: Turn) -> list[Event] | None:
        """About one of the plans shown, named by its place or name; "more data" alone names none."""
        intent, confidence = turn.likeliest
        if intent == "ask_topup" and confidence >= _SURER and not turn.reading.has("refer", "choose"):
            return None
        if turn.reading.chance("refer") < _LIKELY_ASKED and not turn.reading.has("choose") and _surely_general(turn):
            return None
        return _about_plan(turn, plan_pointed_at(turn, by_focus=False))

    @staticmethod
    def _in_focus(turn: Turn) -> list[Event] | None:
        """About the plan that was talked about before; not what an article surely answers."""
        of_list = turn.reading.situation == "plan_list" and plan_attribute(turn.text) is not None
        pointed = of_list or turn.reading.has("refer", "choose")
        if knowledge.best(turn, knowledge.OTHER) is not None and not pointed:
            return None
        return _about_plan(turn, plan_pointed_at(turn, by_focus=True))

    @staticmethod
    def _other_of_two(turn: Turn) -> list[Event] | None:
        """ "And the other one?": the last question again, about the other order proven here."""
        return compare_orders(turn)

    @staticmethod
    def _both_parts(turn: Turn) -> list[Event] | None:
        """Several questions in one message, each of which an article answers; of the order where it is known."""
        if not knowledge.both_parts(turn):
            return None
        events = knowledge.answer(turn)
        faults = max(turn.reading.chance(fault) for fault in _FAULTS)
        if events and faults < _SURER and not turn.form and events[-1].get("event") != "followup":
            return [*events, FollowupAction("action_listen")]  # "how fast is it?" reports no fault
        return events

    @staticmethod
    def _order(turn: Turn) -> list[Event] | None:
        """Data of the verified order, or its refund decision."""
        intent, confidence = turn.likeliest
        with turn.orders() as session:
            if turn.verified_order(session) is None:
                return None
        of_use = intent in ("check_data_usage", "recover_usage_records") and confidence >= _SURE
        if of_use and day_asked(turn.text) is not None:
            return [FollowupAction("action_data_usage")]
        if intent == "check_refund_status" and turn.form == "refund_form" and confidence >= _SURE:
            return [FollowupAction("action_refund_status")]
        if intent == "ask_refund_policy" and confidence >= _SURER and asks_for_terms(turn.text):
            return [FollowupAction("action_refund_policy")]
        told = (turn.reading.situation, turn.reading.asked)
        of_request = intent in (*_DECIDED, "check_refund_status", "payment_issue") or asks_faster(turn.text)
        if told in _OF_A_REQUEST and of_request:
            return about_request(turn)
        nothing_else = turn.reading.has("ask") and knowledge.best(turn, knowledge.BEFORE_A_FAULT) is None
        if told in _OF_A_REQUEST and nothing_else and not turn.form:
            return about_request(turn)  # "so nothing is being refunded now?"
        if turn.reading.situation == "finding" and intent == "check_order_status":
            return None  # "what happens with this order now?" is about the way out
        if intent in _DECIDED and not turn.form and confidence >= _SURE:
            if intent == "ask_refund_policy" and request_open(turn):
                return about_request(turn)  # of the money that is on its way
            return [SlotSet("goal", _DECIDED[intent]), FollowupAction("refund_form")]
        abroad = intent in _ABROAD or any(name.startswith(_OF_COUNTRIES) for name, _ in turn.reading.units[:1])
        if abroad and turn.entities("destination") and not turn.places.denied:
            wants_pack = (turn.reading.situation, turn.reading.asked) == ("told", "coverage")
            if wants_pack and intent in ("ask_crossborder_pack", "ask_price_plans") and confidence >= _SURE:
                return [FollowupAction(_COMPUTED[intent])]  # whether it works there was told
            return [FollowupAction("action_coverage")]
        found = knowledge.best(turn, knowledge.ASKED)
        if found is not None and found.id in _OF_STATUS and not turn.form:
            return [FollowupAction("action_order_status")]
        general = found is not None and found.id.startswith(_CHOOSING) and confidence < SUREST and not turn.form
        if general and turn.reading.situation != "plan_list" and (tells := _TELLS.get(plan_attribute(turn.text) or "")):
            return [FollowupAction(tells)]  # "how many days does she get?": of this order
        if intent in _FEATURES and knowledge.particular(turn):
            return None  # articles know the order's features, and more about them
        action = None if _beside_an_offer(turn) else _OF_THE_ORDER.get(intent)
        wished = turn.reading.has("ask_how", f"start:{intent}")
        if intent in _WISHES and confidence >= SUREST and not turn.form and wished:
            return [FollowupAction(_WISHES[intent])]
        best = knowledge.best(turn, knowledge.SURE)
        rather = knowledge.best(turn)
        of_another = best is not None or (rather is not None and intent not in rather.intents)
        needed = (SUREST if turn.form == "diagnosis_form" else _SURER) if of_another else _SURE
        if action is None or confidence < needed:
            return None
        if best is not None and turn.reading.situation == "told" and action == turn.last_order_answer():
            return None  # just told: the article says something new
        if best is not None and intent not in best.intents:
            return None  # the article answers something else than the data of the order
        return [FollowupAction(action)]

    @staticmethod
    def _calculated(turn: Turn) -> list[Event] | None:
        """What is computed from catalogue and clock, when that is surely asked; what an article says goes before it."""
        intent, confidence = turn.likeliest
        if _beside_an_offer(turn):
            return None
        if (
            intent == "ask_coverage"
            and confidence >= _SURE
            and turn.entity("destination")
            and not turn.entity("location")
            and not (turn.entity("destination") == "NZ" and _of_another(turn))
        ):
            return [FollowupAction("action_coverage")]  # of a country as such; articles know places
        if intent in _OF_PLANS:  # both list plans: between them nothing is unsure
            confidence = turn.confidence_in(*_OF_PLANS)
        action = _COMPUTED.get(intent) if intent in _CALCULATED else None
        needed = (
            _SURE if turn.entity("device") or pointed_superlative(turn.text) else _SURER
        )  # whether the phone named can use a plan comes first
        if action is None or confidence < needed:
            return None
        if intent == "ask_device_compatibility":
            named = turn.entity("device")
            return [FollowupAction(action)] if named and not _rather_told(turn) else None
        if intent == "ask_price_plans" and turn.entity("device"):
            return [FollowupAction(action)]  # whether the phone named can use one comes first
        found = knowledge.particular(turn)
        unlikely = confidence >= SUREST and knowledge.best(turn, knowledge.OTHER) is None
        if found is not None and intent not in found.intents and unlikely:
            found = None  # "what would a new plan cost?" is no question about an exchange
        if found is None or (intent == "ask_support_hours" and confidence >= knowledge.CERTAIN):
            return [FollowupAction(action)]  # by the clock, or the place in the line
        unanswered = knowledge.best(turn, knowledge.SURE) is None  # "the longest plan" has an answer
        compares = unanswered and intent == "ask_price_plans" and pointed_superlative(turn.text)
        days_told = bool(turn.entity("amount_of_time")) and found.id in _OF_LENGTH
        reckoned = intent in _OF_PLANS and found.id.startswith(_CHOOSING) and (need_of(turn).total > 0 or days_told)
        told = [] if compares or reckoned else knowledge.answer(turn, knowledge.FAINT) or []
        lists = intent in _OF_PLANS and found.id.startswith(_CHOOSING) and confidence >= SUREST
        of_another = intent not in found.intents and not (lists and turn.entity("destination"))
        priced = intent == "ask_price_plans" and confidence >= SUREST and plan_attribute(turn.text) == "price"
        surely = knowledge.best(turn, knowledge.SURE) is not None
        general = not priced and (found.action or intent in _SAID_BY_ARTICLES or of_another)
        enough = told and (general or (surely and intent not in found.intents and not lists))
        return [*told, *([] if enough else [FollowupAction(action)])]

    @staticmethod
    def _of_decision(turn: Turn) -> list[Event] | None:
        """Before a request is confirmed: its figures, when no article surely answers something else."""
        if turn.reading.situation not in _TO_CONFIRM or not turn.form or turn.called_by_action:
            return None
        found, (intent, confidence) = knowledge.best(turn), turn.likeliest
        of_money = found is not None and found.id.startswith(OF_REQUESTS)
        surely = knowledge.best(turn, knowledge.BEFORE_A_FAULT) is not None
        computed = intent in _COMPUTED and intent not in _DECIDED and confidence >= _SURER
        computed = computed and not _beside_an_offer(turn)
        return None if of_money or surely or computed else told_reasons(turn)

    @staticmethod
    def _article(turn: Turn) -> list[Event] | None:
        """What the articles say about exactly this; not what merely resembles a question of a known subject."""
        disputed = explaining.DISPUTED if turn.reading.has("complain") and turn.reading.has("object") else None
        found = knowledge.best(turn, disputed)
        if found is None:
            return None
        intent, confidence = turn.likeliest
        told_already = _COMPUTED.get(intent) in (turn.last_answer(), None)
        unlikely = knowledge.article_chance(turn) < knowledge.OTHER and intent not in found.intents
        if not told_already and confidence >= SUREST and unlikely:
            return None  # "two SIM cards at once" resembles three lines on one phone
        if not told_already and confidence >= knowledge.UNSURE and knowledge.particular(turn) is None:
            return None
        return _with_offer(turn, knowledge.answer(turn, disputed))

    @staticmethod
    def _likely_article(turn: Turn) -> list[Event] | None:
        """Better than no answer: the article that comes nearest, when it is not far off."""
        missed = int(turn.slot("misunderstandings") or 0) + 1
        guesses = turn.reading.has("unclear") or (not turn.form and turn.reading.chance("ask") < _SURER)
        if missed >= OFFER_PERSON_AFTER and guesses:
            return None  # a person helps more than one more guess
        return _with_offer(turn, knowledge.answer(turn, knowledge.BEFORE_A_MATTER))

    @staticmethod
    def _fault(turn: Turn) -> list[Event] | None:
        """What reads like a question and surely reports a fault: "while I wait: bars but no internet"."""
        intent, confidence = turn.likeliest
        goal, symptom = GOAL_OF.get(intent, (None, None))
        if goal != "diagnose" or confidence < SUREST or turn.form or turn.called_by_action:
            return None
        with turn.orders() as session:
            known = turn.verified_order(session) is not None
        slots = [SlotSet("goal", goal), SlotSet("symptom", symptom)]
        return [*slots, FollowupAction("diagnosis_form" if known else "order_form")]

    @staticmethod
    def _computed(turn: Turn) -> list[Event] | None:
        intent, confidence = turn.likeliest
        action = None if _beside_an_offer(turn) else _COMPUTED.get(intent)
        if action is None or confidence < (_SURER if turn.form else _SURE):
            return None
        return [FollowupAction(action)]

    @staticmethod
    def _ways_out(turn: Turn) -> list[Event] | None:
        """ "What now?" after a finding, a refusal or an order that was not found: what can still be done."""
        reading = turn.reading
        if turn.form == "order_form":
            if turn.was_told("utter_order_help"):
                return without_order(turn)
            help_with_number(turn, "utter_order_help")
            return []
        told = (reading.situation, reading.asked)
        if told in _OF_A_REQUEST and turn.slot("order_verified"):
            return about_request(turn)
        state = turn.diagnosis
        about_phone = state is not None and (state.current in _OF_THE_PHONE or bool(_OF_THE_PHONE & set(state.done)))
        if reading.situation != "finding" and told != ("told", "refund_decision") and not about_phone:
            return None
        may_be_unable = state is not None and state.current in _OF_THE_PHONE
        if turn.form == "diagnosis_form" and state is not None and not (may_be_unable or asks_what_now(turn.text)):
            return explaining.once_more(turn, state)  # "so it's fine?"
        offers = ["person"] if reading.situation == "told" else ["refund", "exchange", "person"]
        turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in offers])
        return [SlotSet("offer", "human_handoff")]


def _surely_general(turn: Turn) -> bool:
    """Whether an article answers something about travelling together rather than one of the plans shown."""
    found = knowledge.best(turn, _SURE)
    return found is not None and found.id.startswith(_OF_GROUPS)


def _beside_an_offer(turn: Turn) -> bool:
    """Whether a word of the shop or the order is part of a question about the offer that waits for an answer."""
    waits = turn.reading.situation in OPEN_OFFERS and turn.form == "refund_form"
    return waits and turn.likeliest[0] in _OF_THE_SHOP and not turn.entity("destination")


def _of_another(turn: Turn, least: float = knowledge.OTHER) -> bool:
    """Whether an article answers, and one of another subject than the words alone are of: "is your NZ plan 5G?"."""
    found = knowledge.best(turn, least)
    return found is not None and turn.likeliest[0] not in found.intents


def _rather_told(turn: Turn) -> bool:
    """Whether an article answers a question about a phone that is named better than a look at the phone."""
    if turn.phone is not None and turn.phone.generic:
        return _of_another(turn, knowledge.LIKELY)
    of_another = _of_another(turn)
    surely = knowledge.best(turn, knowledge.CERTAIN) is not None
    return (surely and of_another) if turn.likeliest[1] >= SUREST else (surely or of_another)


def _with_offer(turn: Turn, events: list[Event] | None) -> list[Event] | None:
    """The order that an answer in general asks for, once given, is answered about."""
    intent, confidence = turn.likeliest
    if events and intent == "ask_device_compatibility" and confidence >= _SURE and not turn.form:
        return [*events, SlotSet("offer", intent)]  # the phone, once named, is looked up
    action = _OF_THE_ORDER.get(intent)
    if not events or action is None or confidence < _SURE or turn.form or turn.slot("order_verified"):
        return events
    return [*events, *order_wanted_for(action)]


def _about_plan(turn: Turn, plan: str | None) -> list[Event] | None:
    if plan is None or not answer_about_plan(turn, plan):
        return None
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan, "shown": plans_shown(turn)})]
