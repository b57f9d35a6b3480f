"""Answers from the articles: the unit that fits the question, worded for the order at hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions import feedback
from actions.messages import Choice
from actions.turn import Event, Turn
from aftercare.articles.units import OrderView, Unit, unit, worded
from aftercare.base.language import Language
from aftercare.orders.facts import OrderFacts
from aftercare.orders.refunds.load import terms_for
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.named_state import NamedState, named_state
from aftercare.understanding.on_board import on_board, on_cruise
from aftercare.understanding.promises import promises

# Probability from which a unit is told. Of a message that was read as a question an answer is expected: most units
# that come first are right even where several share the probability.
SURE = 0.7
ASKED = 0.2
# The same while something waits: what is asked then is often about that.
ASKED_ASIDE = 0.3
# A unit is told rather than the answer in general when its probability reaches FAINT and that of all units together
# reaches TOGETHER: something particular is asked then, and the first of several neighbours says more than the subject.
FAINT, TOGETHER = 0.2, 0.45
# Below UNSURE the intent says nothing against a unit; below SUREST nothing against a LIKELY one.
UNSURE, SUREST, LIKELY = 0.5, 0.95, 0.3
# A phone's name is looked up, unless a unit is certain, or is of another subject with this probability.
CERTAIN, OTHER = 0.9, 0.5
# The same before an order is asked for: the answer comes first, the question about the order after it.
BEFORE_A_FAULT, BEFORE_A_MATTER, BESIDE_A_MATTER = 0.55, 0.3, 0.6
# Of a fault: what makes it one of a kind that can be explained without the order.
_PARTICULAR = ("error_message", "device", "location", "destination", "operator")
_OF_MESSAGES = "error-messages."
"""What a message of the phone means holds whatever the order is."""
# Each of several questions in one message is answered from this probability on.
PART = 0.4
# From this probability each of two units more likely than not answers.
BOTH = 0.55
# A unit of the subject that the words alone surely are about needs this share of the best one's probability; it does
# not go before one that is SURE.
OF_THE_SUBJECT = 0.6
# A unit as likely as this share of the best one's probability may be meant as well.
ABOUT_AS_LIKELY = 0.6
# After "not helpful" a unit less likely than this has hardly anything to do with the question.
NEXT = 0.05
# The reader is sure of a state it observes from this probability on.
OBSERVED = 0.6
_ASKS_FOR_ORDER = re.compile(
    r"[^.!?。！？\n]*(?:give|send|tell) me (?:the|your) order number[^.!?\n]*[.!?]?"
    r"|[^。！？\n]*(?:给我|发给我|发我|告诉我|把)[^。！？，\n]{0,6}订单号[^。！？\n]*[。！？]?",
    re.IGNORECASE,
)
OF_CRUISES = ("ferry-and-cruise.cruise-", "choose-a-plan.cruise")
OF_SHIPS = ("ferry-and-cruise.", "choose-a-plan.cruise")
_OF_REFUNDS = "refund-"
# What an order number is given for after one of these, when an article asks for it.
_ASK_FOR_MONEY = ("ask_refund_policy", "request_refund", "payment_issue", "request_exchange")
_DECIDED = ("request_refund", "request_exchange", "withdraw_request")
_INSTALLED = ("downloaded", "installed", "enabled", "disabled")


def ranked_units(turn: Turn) -> Sequence[tuple[str, float]]:
    """The units of the reading that suit what is said of the eSIM's state, best first.

    One of the subject that the words alone surely are about, or of the country named, goes before a little likelier
    one.
    """
    ranked = _computed_first(turn, _of_subject_first(turn, _of_state(turn)))
    if on_board(turn.text) and (of_ships := _of_ships(ranked, OF_CRUISES if on_cruise(turn.text) else OF_SHIPS)):
        return of_ships  # between two countries, which are named as well
    named = {country_name(str(code), turn.language) for code in turn.entities("destination") if code != "NZ"}
    if not ranked or not (names := {name for name in named if name}) or _tells_of(ranked[0][0], names, turn.language):
        return ranked
    for at, (name, chance) in enumerate(ranked[1:], 1):
        if chance >= ranked[0][1] / 2 and _tells_of(name, names, turn.language):
            return ((name, ranked[0][1]), *ranked[:at], *ranked[at + 1 :])
    return ranked


def state_of_message(turn: Turn) -> NamedState | None:
    """The state of the eSIM as this message tells it: by its words, else by what was read."""
    if (said := named_state(turn.text)) is not None:
        return said
    for state in ("not_installed", "installed"):
        if turn.reading.chance(f"observe:{state}") >= OBSERVED:
            return state
    return None


def _of_ships(ranked: Sequence[tuple[str, float]], articles: tuple[str, ...]) -> Sequence[tuple[str, float]] | None:
    """The units with the likeliest about ships first, with the probability of all of them; None when there is none."""
    about = [(name, chance) for name, chance in ranked if name.startswith(articles)]
    together = sum(chance for name, chance in ranked if name.startswith(OF_SHIPS))
    if together < ASKED or not about:
        return None
    best = (about[0][0], max(together, ranked[0][1]))
    return (best, *(each for each in ranked if each[0] != best[0]))


def _of_state(turn: Turn) -> Sequence[tuple[str, float]]:
    """The units without those for another state than the traveller tells; one for this state in place of the best.

    One that has an answer for this state also goes before a little likelier one that has none.
    """
    state, ranked = state_of_message(turn), turn.reading.units
    found = {name: each for name, _ in ranked if (each := unit(name, turn.language))}
    suits = [(name, chance) for name, chance in ranked if name not in found or found[name].suits(state)]
    if state is None or not suits:
        return suits
    least = NEXT if suits[0] != ranked[0] else ranked[0][1] * OF_THE_SUBJECT
    meant = [name for name, chance in suits if chance >= least and name in found and found[name].speaks_of(state)]
    if not meant or (suits[0] == ranked[0] and ranked[0][1] >= SURE):
        return suits
    return ((meant[0], ranked[0][1]), *(each for each in suits if each[0] != meant[0]))


def _computed_first(turn: Turn, ranked: Sequence[tuple[str, float]]) -> Sequence[tuple[str, float]]:
    """What is read from the order goes before a little likelier text of the same article."""
    if len(ranked) < 2 or ranked[1][1] < ranked[0][1] * ABOUT_AS_LIKELY:
        return ranked
    first, second = (unit(name, turn.language) for name, _ in ranked[:2])
    if first is None or second is None or first.action or not second.action:
        return ranked
    same = first.id.partition(".")[0] == second.id.partition(".")[0]
    return ((second.id, ranked[0][1]), (first.id, ranked[1][1]), *ranked[2:]) if same else ranked


def _of_subject_first(turn: Turn, ranked: Sequence[tuple[str, float]]) -> Sequence[tuple[str, float]]:
    intent, confidence = turn.likeliest
    if confidence < SUREST or not ranked:
        return ranked
    subject = [(found := unit(name, turn.language)) is not None and intent in found.intents for name, _ in ranked]
    at = subject.index(True) if any(subject) else 0
    if at == 0 or ranked[0][1] >= SURE or ranked[at][1] < ranked[0][1] * OF_THE_SUBJECT:
        return ranked
    return ((ranked[at][0], ranked[0][1]), *ranked[:at], *ranked[at + 1 :])


def _tells_of(unit_id: str, countries: Collection[str], language: Language) -> bool:
    found = unit(unit_id, language)
    return found is not None and any(name in found.answer for name in countries)


def best(turn: Turn, least: float | None = None) -> Unit | None:
    """The unit that answers the message, when one does; `least` is the probability it needs."""
    ranked = ranked_units(turn)
    if not ranked:
        return None
    asked = ASKED_ASIDE if turn.form else ASKED
    needed = least if least is not None else (asked if turn.reading.has("ask", "ask_how") else SURE)
    beside = _beside(ranked)  # units of one article that share the probability say that the subject is right
    flat = ranked[0][1] + beside < min(ASKED_ASIDE, sum(probability for _, probability in ranked) / 2)
    return unit(ranked[0][0], turn.language) if ranked[0][1] + beside / 2 >= needed and not flat else None


def article_chance(turn: Turn) -> float:
    """The probability that the article of the best unit answers, whichever of its questions is asked."""
    ranked = ranked_units(turn)
    return ranked[0][1] + _beside(ranked) if ranked else 0.0


def _beside(ranked: Sequence[tuple[str, float]]) -> float:
    """The probability of the other units of the best one's article."""
    article = ranked[0][0].partition(".")[0]
    return sum(probability for name, probability in ranked[1:] if name.partition(".")[0] == article)


def particular(turn: Turn) -> Unit | None:
    """The unit that is meant rather than the subject in general; None when only the subject is clear."""
    ranked = ranked_units(turn)
    if not ranked:
        return None
    likely = ranked[0][1] >= LIKELY and turn.likeliest[1] < SUREST
    among = ranked[0][1] >= FAINT and sum(chance for _, chance in ranked) >= TOGETHER
    return unit(ranked[0][0], turn.language) if likely or among else None


def both_parts(turn: Turn) -> list[Unit]:
    """The units of a message that asks several things, where two at least are answered; none otherwise."""
    named = [name for name, chance in turn.reading.parts if chance >= PART]
    if named:  # what is asked beside a clear question of the same article is clear by the whole message as well
        whole, article = dict(turn.reading.units), named[0].partition(".")[0]
        named += [
            name
            for name, chance in turn.reading.parts
            if name.partition(".")[0] == article and min(chance, whole.get(name, 0.0)) >= ASKED
        ]
    state = state_of_message(turn)
    found = [each for name in dict.fromkeys(named) if (each := unit(name, turn.language)) and each.suits(state)]
    return found if len(found) > 1 else []


def _both_likely(turn: Turn) -> list[Unit]:
    """Two units of one article that both more likely than not answer: "added to the old one, or a new code?".

    Two places that are named need less: each has a unit of its own.
    """
    least = ASKED if len(set(turn.entities("location"))) > 1 else BOTH
    units = [unit(name, turn.language) for name, chance in _of_state(turn)[:2] if chance >= least]
    found = [each for each in units if each and not each.action]
    return found if len(found) > 1 and len({each.id.partition(".")[0] for each in found}) == 1 else []


def tell_first(turn: Turn) -> None:
    """Before an order is asked for: what can be answered without one, when a unit answers the message.

    A bare fault is looked at with the facts of the order: steps in general may be pointless on this very phone. The
    surer the matter, the surer must be that a unit answers it.
    """
    if turn.dispatcher.messages:
        return  # what is known of the place or the phone was told
    asks = turn.reading.has("ask", "ask_how", "ask_why")
    intent, confidence = turn.likeliest
    if intent.startswith("report_"):
        least = SURE if confidence >= SUREST else BEFORE_A_FAULT
        found = best(turn, BEFORE_A_FAULT if turn.entity("error_message") else SURE)  # "cannot activate" is no message
        explained = found is not None and found.id.startswith(_OF_MESSAGES)
        if not explained:
            says_more = asks or any(map(turn.entity, _PARTICULAR))
            found = best(turn, least if says_more else CERTAIN)
    elif asks:
        found = best(turn, BEFORE_A_MATTER)
        if found is not None and confidence >= SUREST and intent not in found.intents:
            found = best(turn, BEFORE_A_FAULT)
    else:  # a plain request for money back is decided, not explained; others have an answer beside them
        decided = intent in _DECIDED and confidence >= SUREST
        likely = None if decided else best(turn, BEFORE_A_MATTER)
        of_subject = likely is not None and intent in likely.intents
        surely = None if decided else best(turn, BESIDE_A_MATTER if confidence >= SUREST else BEFORE_A_FAULT)
        found = likely if of_subject else surely
    if found is not None and not found.action and turn.is_first and not turn.form_waits:
        told = body_of(turn, found)
        if promises(told):  # it asks itself, for the number or for what else a person needs
            turn.say("utter_article", [turn.choice_of_offer("person")], body=told)
            return
        body = _ASKS_FOR_ORDER.sub("", told).strip()  # the form asks for it next
        if body:
            turn.say("utter_article", body=body)


def answer(turn: Turn, least: float | None = None) -> list[Event] | None:
    """Tell the unit that answers the message, its steps after it; None when none does with that probability.

    Several questions in one message are answered together, in short.
    """
    together = both_parts(turn) or _both_likely(turn)
    found = together[0] if together else best(turn, least)
    if found is None:
        return None
    computed = next((each.action for each in (together if len(together) > 1 else [found]) if each.action), None)
    together = [each for each in together if not each.action]
    if computed is not None and not together:
        return [FollowupAction(computed)]
    if found.action is not None:
        found = together[0]
    last_unit = (turn.slot("focus") or {}).get("unit")
    if (
        last_unit == found.id and not together and state_of_message(turn) is None
    ):  # just told: another one says something new
        likely = [name for name, chance in _of_state(turn) if name != last_unit and chance >= ASKED]
        units = (unit(name, turn.language) for name in likely)
        other = next((each for each in units if each is not None and not each.action), None)
        if other is None:
            turn.say("utter_told_all", [turn.choice_of_offer("person")])
            return [SlotSet("offer", "human_handoff")]
        found = other
    body = "\n".join(body_of(turn, each, steps=not together) for each in together or [found])
    passed_on = [turn.choice_of_offer("person")] if found.passes_on and not turn.form else []
    turn.say("utter_article", [*passed_on, *feedback.choices(turn, f"article.{found.id}")], body=body)
    others = [name for name, chance in _of_state(turn) if name != found.id and chance >= NEXT]
    kept = {**(turn.slot("focus") or {}), "unit": found.id, "about": found.asked[0], "next": others}
    of_money = found.id.startswith(_OF_REFUNDS) and turn.likeliest[0] in _ASK_FOR_MONEY
    looks_up = of_money and _ASKS_FOR_ORDER.search(found.answer) is not None
    refund = "request_refund" if looks_up and not turn.slot("order_verified") else None  # what the number is given for
    offer = SlotSet("offer", "human_handoff" if passed_on else refund)
    kept_slots = [SlotSet("focus", kept), offer, SlotSet("misunderstandings", 0)]
    return [*kept_slots, FollowupAction(computed)] if computed else kept_slots


def tell(turn: Turn, name: str, choices: Sequence[Choice] = ()) -> bool:
    """Tell this unit whatever was asked; False when there is none of that name."""
    found = unit(name, turn.language)
    if found is not None:
        turn.say("utter_article", choices, body=body_of(turn, found))
    return found is not None


def body_of(turn: Turn, found: Unit, *, steps: bool = True) -> str:
    """The answer in words, with what this order adds, and the steps when there is something to do."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        terms = terms_for(session, facts.provider_id) if facts is not None else None
    view = None if facts is None else view_of(turn, facts, terms.window_days if terms else None)
    text = worded(found, view, state_of_message(turn))
    if facts is not None or turn.nothing_bought:  # the order is known, or there is none: it is not asked for
        text = _ASKS_FOR_ORDER.sub("", text).strip() or text
    return f"{text}\n{found.steps.strip()}" if found.steps and steps else text


def view_of(turn: Turn, facts: OrderFacts, refund_days: int | None = None) -> OrderView:
    """What an article may say of an order; `refund_days` is the window of its seller, 0 for none."""
    words = turn.words
    if facts.expired:
        state = "ended"
    elif facts.profile_state == "deleted":
        state = "deleted"
    elif facts.first_use_at is not None:
        state = "in_use"
    else:
        state = "installed" if facts.profile_state in _INSTALLED else "not_installed"
    left = facts.data_left_mb
    return OrderView(
        starts=facts.plan_starts_at,
        hotspot=facts.hotspot,
        calls=facts.calls_sms,
        top_up=facts.top_up,
        unlimited=facts.data_total_mb is None,
        state=state,
        phone=turn.menu_family(facts) or "other",
        plan=words.pick(facts.plan_en, facts.plan_zh),
        days=str(facts.days_of_plan),
        expires=words.time(facts.expires_at) if facts.expires_at else None,
        data_left=None if left is None else words.data(left),
        data_total=None if facts.data_total_mb is None else words.data(facts.data_total_mb),
        countries=words.listing([country_name(code, turn.language) or code for code in sorted(facts.countries)]),
        refund_days=str(refund_days) if refund_days else None,
    )
