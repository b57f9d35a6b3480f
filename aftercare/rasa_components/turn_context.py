"""What a message is read against: what the assistant asked or told last, read from Rasa's tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.understanding.reader.context import Context

# The situation a response leaves, by its name; of several messages the last one here counts.
SITUATION_OF: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "utter_plans_intro": ("plan_list", ""),
        "utter_plans_closest": ("plan_list", ""),
        "utter_plan_detail": ("plan_list", ""),
        "utter_plan_buy": ("plan_list", ""),
        "utter_plan_buy_seller": ("plan_list", ""),
        "utter_plan_why": ("plan_list", ""),
        "utter_plan_why_unlimited": ("plan_list", ""),
        "utter_plan_after_daily": ("plan_list", ""),
        "utter_plan_after_data": ("plan_list", ""),
        "utter_plan_compared": ("plan_list", ""),
        "utter_plan_each": ("plan_list", ""),
        "utter_plan_total": ("plan_list", ""),
        "utter_trip_need": ("plan_list", ""),
        "utter_trip_need_told": ("plan_list", ""),
        "utter_trip_need_group": ("plan_list", ""),
        "utter_trip_need_group_told": ("plan_list", ""),
        "utter_topup": ("plan_list", ""),
        "utter_topup_not_this": ("plan_list", ""),
        "utter_topup_days": ("plan_list", ""),
        "utter_topup_buy": ("plan_list", ""),
        "utter_topup_by_link": ("plan_list", ""),
        "utter_did_you_mean": ("choices", ""),
        "utter_two_matters": ("choices", ""),
        "utter_next_matter": ("choices", ""),
        "utter_which_problem": ("question", "symptom"),
        "utter_solved": ("solved", ""),
        "solved": ("solved", ""),
        "utter_refund_requested": ("done", "refund"),
        "utter_review_sent": ("done", "refund"),
        "utter_exchange_requested": ("done", "exchange"),
        "utter_exchange_pay": ("done", "exchange"),
        "utter_exchange_pay_open": ("done", "exchange"),
        "utter_exchange_declined": ("told", "refund_decision"),
        "utter_withdrawn": ("done", "withdrawal"),
        "utter_qr": ("done", "qr_sent"),
        "utter_handoff_open": ("waiting", ""),
        "utter_handoff_closed": ("waiting", ""),
        "utter_handoff_again": ("waiting", ""),
        "utter_handoff_late": ("waiting", ""),
        "utter_line_status": ("waiting", ""),
        "utter_handoff_contacts": ("waiting", ""),
        "utter_handoff_no_call": ("waiting", ""),
        "utter_handoff_stays": ("waiting", ""),
        "utter_order_status": ("told", "status"),
        "utter_plan_start_order": ("told", "validity"),
        "utter_plan_start": ("told", "validity"),
        "utter_refund_already": ("told", "refund_status"),
        "utter_request_origin": ("told", "refund_status"),
        "utter_refund_already_open": ("told", "refund_status"),
        "utter_refund_in_review": ("told", "refund_status"),
    }
)
# By the beginning of a name: the answers of one subject.
_BY_BEGINNING = (
    ("utter_refund_stat", ("told", "refund_status")),
    ("utter_refund_", ("told", "refund_decision")),
    ("utter_usage", ("told", "usage")),
    ("utter_coverage", ("told", "coverage")),
    ("utter_invoice", ("told", "invoice")),
    ("utter_apn", ("told", "apn")),
    ("finding.", ("finding", "")),
    ("utter_", ("told", "article")),
)
# Said beside a finding: it is still what a message is about.
_BESIDE_A_FINDING = frozenset({"utter_reissue_ticket", "utter_record_may_lag", "utter_record_check"})
_OPENINGS = frozenset({"utter_greet", "utter_goodbye", "utter_cancelled", "utter_started_over", "utter_thank"})


def context_of(tracker: DialogueStateTracker) -> Context:
    """The context of the last message: the form that waits, else what was said before the message."""
    shown = tuple(titles(tracker))
    situation, asked = _of_form(tracker) or _of_answers(tracker)
    return Context(situation, asked, shown)


def titles(tracker: DialogueStateTracker) -> Iterator[str]:
    """The titles of the choices shown last, in order."""
    for message in reversed(list(answers_before(tracker))):
        if buttons := message.data.get("buttons"):
            yield from (str(button.get("title", "")) for button in buttons)
            return


def offered(tracker: DialogueStateTracker) -> list[tuple[str, str]]:
    """Title and intent of each choice shown last."""
    return [
        (str(button.get("title", "")), str(button.get("payload", "")).removeprefix("/"))
        for message in answers_before(tracker)
        for button in message.data.get("buttons") or ()
    ]


def answers_before(tracker: DialogueStateTracker) -> Iterator[BotUttered]:
    """What the assistant said between the last message and the one before it."""
    answers: list[BotUttered] = []
    seen = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            seen += 1
            if seen == 2:
                break
        elif isinstance(event, BotUttered) and seen:
            answers.append(event)
    yield from reversed(answers)


def name_of(message: BotUttered) -> str:
    """The response's name, or the meaning an action gave to a composed text."""
    metadata: dict[str, Any] = message.metadata or {}
    nested = metadata.get("metadata") or {}
    return str(metadata.get("meaning") or nested.get("meaning") or metadata.get("utter_action") or "")


def slot_before(tracker: DialogueStateTracker, name: str) -> Any:
    """A slot's value before the last message, whose intent or entities may have changed it."""
    events = iter(reversed(tracker.events))
    changed = False
    for event in events:
        if isinstance(event, UserUttered):
            break
        changed = changed or (isinstance(event, SlotSet) and event.key == name)
    if not changed:
        return tracker.get_slot(name)
    earlier = (event.value for event in events if isinstance(event, SlotSet) and event.key == name)
    return next(earlier, tracker.slots[name].initial_value if name in tracker.slots else None)


def _of_form(tracker: DialogueStateTracker) -> tuple[str, str] | None:
    loop = tracker.active_loop_name
    if loop == "order_form":
        return str(tracker.get_slot("requested_slot") or "order_number"), ""
    if loop == "diagnosis_form":
        current = str((tracker.get_slot("diagnosis") or {}).get("current") or "")
        kind, _, name = current.partition(".")
        return (kind, name) if kind in ("step", "question", "finding") else ("finding", kind)
    if loop == "refund_form":
        draft = tracker.get_slot("refund_draft") or {}
        if draft.get("kind") == "withdraw":
            return "withdraw_confirm", ""
        if draft.get("kind") == "exchange":
            return ("exchange_confirm" if draft.get("ready") else "exchange_choice"), ""
        return "refund_confirm", ""
    return None


def _of_answers(tracker: DialogueStateTracker) -> tuple[str, str]:
    found = ("idle", "")
    current = str((tracker.get_slot("diagnosis") or {}).get("current") or "")
    for message in answers_before(tracker):
        name = name_of(message)
        if name in _BESIDE_A_FINDING and current.startswith("finding."):
            found = ("finding", current.partition(".")[2])
            continue
        if (message.data.get("custom") or {}).get("cards"):
            found = ("plan_list", "")
        elif name in SITUATION_OF:
            found = SITUATION_OF[name]
        elif name not in _OPENINGS:
            about = next((each for start, each in _BY_BEGINNING if name.startswith(start)), None)
            if about == ("finding", ""):
                about = ("finding", name.partition(".")[2])
            found = about or found
    return found
