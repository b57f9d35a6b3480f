"""A trouble told before its order was known: the order number that comes after it is given for that trouble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk.events import SlotSet

from actions.screen import screen_words
from actions.turn import Event, Turn
from aftercare.articles.units import unit
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.goals import FAULT_SEEN, GOAL_OF
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading

# A fault is told with one of its commands from this probability on; beside a question it must be surer.
_REPORTED, _REPORTED_BESIDE_A_QUESTION = 0.3, 0.6
# The intents of faults together, where the commands say nothing; likewise, and of a question for the reason.
_BY_INTENTS, _BY_INTENTS_OF_A_QUESTION, _BY_INTENTS_OF_A_WHY = 0.3, 0.8, 0.5
# Beside a number that any order's message resembles, a fault is told by this share of the intents, and by most of
# what is left of them.
_LEAST_BESIDE = 0.15
_OF_ANY_NUMBER = frozenset({"check_order_status", "inform", "cancel", "deny", "nlu_fallback"})
# A matter other than a fault that a message begins with this probability is the one its order is given for.
_BEGINS = 0.5
# Anger alone is about something that does not work from this probability on.
_ANGRY = 0.4
# What has dealt with a trouble told before it.
_DEALT_WITH = frozenset({"diagnosis_form", "refund_form", "action_handoff", "action_start_over", "action_resend_qr"})
# Questions of the articles that tell a trouble by themselves: the eSIM is gone from a phone that is at hand, or the
# phone is gone with it.
ESIM_GONE = frozenset(
    {
        "delete-and-reinstall.deleted-by-mistake",
        "delete-and-reinstall.reinstall-same-code",
        "error-messages.code-no-longer-valid",
        "phone-lost-or-reset.factory-reset-done",
        "change-phone.installed-on-wrong-phone",
    }
)
PHONE_GONE = frozenset(
    {
        "phone-lost-or-reset.stolen-phone-now",
        "phone-lost-or-reset.lost-phone-find-it",
        "phone-lost-or-reset.block-esim-after-theft",
        "phone-lost-or-reset.water-damage",
        "phone-lost-or-reset.motherboard-replaced",
        "change-phone.phone-broke-during-trip",
    }
)
# What was tried when the steps of an answer did not help: by the action that told them, and by the article.
_TRIED_BY = {"action_apn": "apn_set", "action_roaming_setting": "roaming_on"}
_TRIED_BY_ARTICLE = {"apn": "apn_set", "data-roaming": "roaming_on"}
# Subjects whose answers tell something to do on the phone.
_INSTRUCTING = frozenset(
    {"ask_apn", "ask_roaming_setting", "ask_how_to_install", "ask_hotspot", "ask_delete_reinstall", "ask_dual_sim"}
)
_INSTRUCTING_RESPONSES = frozenset({"utter_apn_order", "utter_roaming", "utter_install", "utter_hotspot_yes"})


@dataclass(frozen=True)
class Trouble:
    """What is wrong: a fault, whose symptom may not be known, or a phone that is gone."""

    symptom: str | None = None
    phone_gone: bool = False

    def slots(self) -> list[Event]:
        """The matter it begins."""
        return [SlotSet("goal", "diagnose"), SlotSet("symptom", self.symptom)]


def reported_trouble(turn: Turn) -> Trouble | None:
    """The trouble told last that nothing has dealt with yet; None when another matter was told since, or none was."""
    answered_by: str | None = None
    reading: CommandReading | None = turn.reading
    for event in reversed(turn.tracker.events):
        kind, name = event.get("event"), str(event.get("name") or "")
        if kind == "action" and name in _DEALT_WITH:
            return None
        if kind == "slot" and name == READING_SLOT and reading is None:
            reading = CommandReading.from_slot(event.get("value"))
        elif kind == "slot" and name == "focus" and answered_by is None:
            answered_by = str((event.get("value") or {}).get("unit") or "")
        elif kind == "user":
            read = reading or CommandReading()
            found = _of_message(read, event, answered_by)
            if found is not None or _begins_other(read):
                return found
            answered_by = reading = None
    return None


def fault_beside_order(turn: Turn) -> Trouble | None:
    """The fault that a message tells of the order it names; None when it tells none, or asks."""
    reading = turn.reading
    if turn.pressed or reading.has("ask", "ask_how", "ask_why") or asks_something(turn.text):
        return None
    named = (label for label in _faults(reading) if label != "step:failed" and reading.chance(label) >= _REPORTED)
    values = [label.partition(":")[2] for label in named]
    seen = sorted(screen_words().signs_named(turn.text) & FAULT_SEEN.keys())
    reported = [FAULT_SEEN.get(value, value) for value in (*values, *seen)]
    second = str(turn.entity("second_intent") or "")
    ranking = turn.tracker.latest_message.get("intent_ranking") or ()
    chances = {str(each.get("name")): float(each.get("confidence") or 0.0) for each in ranking}
    rest = {name: chance for name, chance in chances.items() if name not in _OF_ANY_NUMBER}
    likeliest = max(rest, key=rest.__getitem__, default="")
    if likeliest and rest[likeliest] >= max(_LEAST_BESIDE, sum(rest.values()) / 2):
        reported.append(likeliest)
    reported.append(second)
    fault = next((name for name in reported if name.startswith("report_")), None)
    return Trouble(GOAL_OF[fault][1]) if fault is not None and fault in GOAL_OF else None


def _of_message(reading: CommandReading, event: Mapping[str, Any], answered_by: str | None) -> Trouble | None:
    if answered_by in PHONE_GONE:
        return Trouble(phone_gone=True)
    if answered_by in ESIM_GONE:
        return Trouble("activation")
    asks = reading.has("ask", "ask_how", "ask_why")
    least = _REPORTED_BESIDE_A_QUESTION if asks else _REPORTED
    for label in _faults(reading):
        if reading.chance(label) >= least:
            name, _, value = label.partition(":")
            intent = value if name == "start" else FAULT_SEEN.get(value, "")
            return Trouble(GOAL_OF.get(intent, (None, None))[1])
    if reading.chance("complain") >= _ANGRY and not asks:
        return Trouble()  # the order tells what is wrong
    ranking = (event.get("parse_data") or {}).get("intent_ranking") or ()
    faults = [each for each in ranking if str(each.get("name")).startswith("report_")]
    together = sum(float(each.get("confidence") or 0.0) for each in faults)
    needed = _BY_INTENTS
    if asks:
        needed = _BY_INTENTS_OF_A_QUESTION if reading.has("ask", "ask_how") else _BY_INTENTS_OF_A_WHY
    if together < needed:
        return None
    likeliest = max(faults, key=lambda each: float(each.get("confidence") or 0.0))
    clear = float(likeliest.get("confidence") or 0.0) > together / 2
    return Trouble(GOAL_OF[likeliest["name"]][1] if clear else None)


def _faults(reading: CommandReading) -> Iterator[str]:
    """The labels that tell a fault, the surest first."""
    starts = [f"start:{value}" for value in reading.values("start") if value.startswith("report_")]
    seen = [f"observe:{fact}" for fact in reading.values("observe") if fact in FAULT_SEEN]
    failed = ["step:failed"] if "failed" in reading.values("step") else []
    yield from sorted((*starts, *seen, *failed), key=reading.chance, reverse=True)


def _begins_other(reading: CommandReading) -> bool:
    starts = [value for value in reading.values("start") if not value.startswith("report_")]
    return any(reading.chance(f"start:{value}") >= _BEGINS for value in starts)


def instructs(turn: Turn, about: str) -> bool:
    """Whether an answer, by its name as in `actions.feedback`, tells something to do on the phone."""
    if not about.startswith("article."):
        return about in _INSTRUCTING_RESPONSES
    found = unit(about.removeprefix("article."), turn.language)
    if found is None:
        return False
    reports = any(intent.startswith("report_") for intent in found.intents)
    return bool(found.steps) or reports or bool(_INSTRUCTING.intersection(found.intents))


def tried_by_answers(turn: Turn) -> list[str]:
    """Names of tried steps: those told already, and what the answers of this conversation had the traveller do."""
    done = {key for action, key in _TRIED_BY.items() if turn.did(action)}
    article = str((turn.slot("focus") or {}).get("unit") or "").partition(".")[0]
    by_article = [_TRIED_BY_ARTICLE[article]] if article in _TRIED_BY_ARTICLE else []
    return sorted({*turn.steps_tried(), *done, *by_article})
