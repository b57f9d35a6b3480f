"""The diagnosis form: runs the playbooks of `aftercare.troubleshooting` one step a turn."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.drafts import DiagnosisState
from actions.marketplaces import tell_theirs
from actions.messages import Choice
from actions.offers import INTENT_OF
from actions.orders.qr_code import show_qr
from actions.orders.reissue import reissue
from actions.plans.incidents import at_place, tell_of_place
from actions.turn import Event, Turn, meaning_of
from aftercare.orders import diagnoses, requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.player import (
    answer,
    begin,
    causes_found,
    explain,
    handled,
    is_fixed_by_pending,
    observe,
    pending,
    remind,
    step_back,
)
from aftercare.troubleshooting.screen_words import OF_LINE, says_none, signs_named, still_amiss
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.choices import named_item
from aftercare.understanding.follow_ups import asks_how_long
from aftercare.understanding.statements import statements
from aftercare.understanding.unspecified_fault import is_vague

SYMPTOM_OF = {
    "report_activation_failure": "activation",
    "report_no_service": "no_service",
    "report_no_data": "no_data",
    "report_slow_data": "slow",
    "report_stopped_working": "stopped",
}
# After so many messages that were not understood, a person is offered beside whatever comes next.
OFFER_PERSON_AFTER = 3
# An outcome told beside a question counts from this probability on.
SURE_BESIDE_A_QUESTION = 0.6
# What the desk sends instead of an outcome when a step stays without an answer.
REMINDER = "reminder"
# The choice that none of the signs asked about is there.
_PLAIN = "plain"
# The choice beside a reminder that has the step told in full again.
SHOW = "show"
# The playbooks in which it counts how the line does.
_OF_LINE = ("no_service", "no_data", "slow")
# What a command says of the step that waits, by the outcome the playbooks know.
_OUTCOME_OF = {
    "works": "works",
    "failed": "failed",
    "done": "unclear",
    "done_before": "already",
    "cannot_find": "cannot",
    "not_mine": "already",
}


# Recorded cases of so long count for what is likely; they are read again after so many seconds.
_EXPERIENCE_OF = timedelta(days=180)
_EXPERIENCE_KEPT = 600.0
_experience: tuple[float, dict[tuple[str, str], int]] = (-_EXPERIENCE_KEPT, {})


def experience_of(turn: Turn) -> dict[tuple[str, str], int]:
    """How often each cause was behind a symptom lately."""
    global _experience
    read_at, known = _experience
    if time.monotonic() - read_at >= _EXPERIENCE_KEPT:
        with turn.orders() as session:
            known = diagnoses.experience(session, (turn.now - _EXPERIENCE_OF).date())
        _experience = (time.monotonic(), known)
    return known


def situation_of(turn: Turn) -> Situation:
    """What is known of the fault at this turn."""
    turn.refresh_esim()
    with turn.orders() as session:
        facts = turn.verified_facts(session)
        location, destination = turn.whereabouts()
        facts = at_place(session, facts, location) if facts else None
    vague = (turn.intent or "") in SYMPTOM_OF and is_vague(turn.text)
    return Situation(
        facts=facts,
        symptom=None if vague else turn.slot("symptom"),
        device_id=turn.slot("device"),
        in_hand=turn.phone_in_hand,
        error=turn.slot("error_message"),
        tried=frozenset(turn.steps_tried()),
        observed=frozenset(turn.observed()),
        location=location,
        destination=destination,
        experience=experience_of(turn),
    )


def choices_of(turn: Turn, advice: Advice) -> list[Choice]:
    """The buttons of an advice: its outcomes, then what is offered beside it."""
    outcomes = [
        turn.choice(choice.text[turn.language], f'/inform{{"step_outcome": "{choice.outcome}"}}')
        for choice in advice.choices
    ]
    return outcomes + [turn.choice_of_offer(offer) for offer in advice.offers if offer in INTENT_OF]


class ValidateDiagnosisForm(AftercareAction):
    """One turn of a diagnosis: the outcome of the last step in, the next step or the finding out."""

    action_name = "validate_diagnosis_form"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot` when nothing waits for an answer."""
        state = turn.diagnosis
        situation = situation_of(turn)
        outcome_told = turn.reading.has("step:works", "step:works_but", "step:failed", "step:done_before")
        left_at_step = state is not None and state.at_step and outcome_told  # for a person, or another matter
        if state is not None and state.is_open and (turn.form_waits or left_at_step):
            if not state.current.startswith("finding.") and self._is_outside(turn, situation):
                return self._begin(turn, None, situation)
            told = tell_of_place(turn)
            says_more = outcome_told or turn.seen_now() - {"arrived"} or turn.reading.has("choose", "resume")
            if told and state.at_step and turn.form_waits and not says_more:
                return self._remind(turn, state.as_slot(), situation)
            return self._go_on(turn, state, situation)
        if turn.entity("step_outcome") == REMINDER:
            return self._reminder_too_late(turn)
        if state is not None and state.current.startswith("finding.") and turn.reading.has("step:works"):
            return self._works_all_the_same(turn, state, situation)
        again = turn.reading.has("step:failed", "observe:no_data", "object") or turn.reading.situation == "solved"
        if state is not None and not state.is_open and again:
            return self._give(turn, *answer(state.as_slot(), situation, "failed"))
        if state is not None and state.is_open and turn.ran("action_resume", "action_other_order"):
            waits = self._last(pending(state.as_slot(), situation)).awaits_answer
            if waits:  # come back to: what waits is asked again rather than left out
                return self._remind(turn, state.as_slot(), situation)
        seen = turn.seen_now()
        news = state is not None and state.is_open and seen and not turn.reading.has("object")
        if state is not None and news and (found := observe(state.as_slot(), situation, seen)):
            return self._give(turn, *found)
        if turn.reading.has("object") and state is not None and turn.is_first and not seen:
            turn.say("utter_record_may_lag")
        return self._begin(turn, state, situation)

    @staticmethod
    def _is_outside(turn: Turn, situation: Situation) -> bool:
        """Whether the traveller says to be in a country that the plan does not cover: no step helps there."""
        kind, country = turn.places.stated or ("", "")
        return kind == "destination" and situation.facts is not None and country not in situation.facts.countries

    def _works_all_the_same(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """What a finding said stands in the way does not, or no longer."""
        kept = state.as_slot()
        advice, after = answer(kept, situation, "works")
        if after != kept:
            return self._give(turn, advice, after)
        turn.say("utter_solved")
        return [SlotSet("diagnosis", {**kept, "current": "solved"}), SlotSet("requested_slot", None)]

    def _go_on(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """A turn while something waits for an answer."""
        kept = state.as_slot()
        reading = turn.reading
        if state.current == "exhausted" and reading.has("confirm"):
            return [SlotSet("requested_slot", None), FollowupAction("action_handoff")]
        if turn.entity("step_outcome") == REMINDER:
            if not state.at_step:
                return self._reminder_too_late(turn)
            turn.say("utter_did_it_work", choices_of(turn, pending(kept, situation)))
            return self._keep_waiting()
        if turn.entity("step_outcome") == SHOW:
            return self._show(turn, kept, situation)
        if turn.told_in_other_words:
            return self._keep_waiting()
        waits = self._last(pending(kept, situation))
        chosen = turn.entity("step_outcome") or self._typed_title(turn, waits)
        if not chosen and self._is_look(waits) and not turn.pressed and statements(turn.text).denied:
            chosen = _PLAIN  # what is denied is not there
        if not chosen and self._not_there_yet(turn, waits):
            chosen = "understood"
        if turn.resumed_after_question and not (chosen or self._answers_too(turn)):
            return self._remind(turn, kept, situation)
        if reading.has("resume") and not chosen and (reading.has("step:done") or not self._answers_too(turn)):
            return self._remind(turn, kept, situation)
        if reading.has("observe:other_shop") and situation.facts is None:
            tell_theirs(turn, "utter_order_other_shop", person=True)
            return self._remind(turn, kept, situation)
        if reading.has("back"):
            back = step_back(kept)
            return self._give(turn, pending(back, situation), back)
        said = next((_OUTCOME_OF[value] for value in reading.values("step") if value in _OUTCOME_OF), None)
        seen = turn.seen_now()
        named: frozenset[str] = frozenset()
        if not turn.pressed:
            named = signs_named(turn.text, asked=self._is_look(waits), line=kept["playbook"] in _OF_LINE)
            amiss = still_amiss(turn.text) if said == "works" and state.at_step and named else frozenset()
            if amiss:  # "there is internet now, only slow"
                seen, said = seen | amiss, "failed"
            elif said != "works":
                seen |= named
            if self._is_look(waits):
                chosen = self._look_answer(turn, waits, named) if named or not chosen else chosen
        if waits.kind == "question" and reading.has("step:works") and not chosen:
            return self._works_all_the_same(turn, state, situation)
        if not chosen and (after := self._put_right(turn, kept, situation)):
            return self._after_put_right(turn, after, situation, said)
        if said == "already" and self._is_cause(turn, kept, situation, seen):
            said = None  # what is seen is what the step puts right, whatever was done before
        if not chosen and seen and (found := observe(kept, situation, seen, said)):
            return self._give(turn, *found)
        if not chosen and said is None and seen and self._is_cause(turn, kept, situation, seen):
            turn.say("utter_change_it", choices_of(turn, pending(kept, situation)), remind=True)
            return self._keep_waiting()
        outcomes = [reading.chance(f"step:{value}") for value in reading.values("step")]
        names_phone = reading.chance("inform") > max(outcomes, default=0.0)
        if not chosen and (said is None or names_phone) and state.at_step and turn.entity("device"):
            return self._for_named_phone(turn, kept, situation)
        if (
            state.at_step
            and not chosen
            and not turn.entities("tried")
            and reading.has("step:will_try", "step:done", "step:not_now", "acknowledge")
            and not reading.has("step:works", "step:failed", "step:works_but")
        ):
            if self._was_paused(turn) and reading.has("acknowledge", "step:will_try"):
                return self._remind(turn, kept, situation)  # "ok, I'm back"
            later = reading.has("step:not_now")
            response = "utter_pause" if later else "utter_did_it_work" if reading.has("step:done") else "utter_try_it"
            turn.say(response, choices_of(turn, pending(kept, situation)), remind=not later)
            return self._keep_waiting()
        outcome = str(chosen or self._outcome(turn, pending(kept, situation)))
        asked_for = state.at_step or self._is_look(waits)
        if outcome == "unclear" and asked_for and named & OF_LINE:  # how it is now, and no better
            outcome = "failed"
        if reading.has("object") and not chosen and outcome == "failed" and not reading.has("step"):
            turn.say("utter_record_may_lag")
        only_tells = {read.command.name for read in reading.commands} == {"inform"} and not turn.entity("device")
        if outcome == "unclear" and (turn.resumed_after_question or (only_tells and state.at_step)):
            return self._remind(turn, kept, situation)
        if outcome == "unclear":
            return self._unclear(turn, state, situation)
        advice, after = answer(kept, situation, outcome)
        if after == kept and advice.id == state.current:  # the outcome answers nothing here
            return self._unclear(turn, state, situation)
        return [*self._give(turn, advice, after), SlotSet("misunderstandings", 0)]

    @staticmethod
    def _not_there_yet(turn: Turn, waits: Advice) -> bool:
        """Whether the question after a finding before the trip is answered by being elsewhere."""
        if not {choice.outcome for choice in waits.choices} >= {"understood", "landed"}:
            return False
        here = (None, "NZ", *turn.places.denied)
        return turn.reading.has("observe:not_arrived") or turn.entity("destination") not in here

    @staticmethod
    def _is_look(waits: Advice) -> bool:
        """Whether what waits asks what the screen shows."""
        return waits.id.removeprefix("question.") in {look.question for look in load_playbooks().looks}

    @staticmethod
    def _look_answer(turn: Turn, waits: Advice, named: frozenset[str]) -> str | None:
        """The choice typed to a question about the screen; None where the signs named say more than a choice."""
        text = turn.text.casefold().strip(" .!。！")
        titles = {
            title.casefold().strip(" .!。！"): each.outcome for each in waits.choices for title in each.text.values()
        }
        plain = any(choice.outcome == "plain" for choice in waits.choices)
        return titles.get(text) or ("plain" if plain and not named and says_none(turn.text) else None)

    @staticmethod
    def _put_right(turn: Turn, kept: PlayerState, situation: Situation) -> PlayerState | None:
        """The state after a fault that the message names as mended: "roaming was off, it's on now"."""
        undone = statements(turn.text).undone if turn.answers_form and not turn.pressed else frozenset()
        return handled(kept, situation, undone) if undone else None

    def _after_put_right(self, turn: Turn, after: PlayerState, situation: Situation, said: str | None) -> list[Event]:
        """What came of it, or the question for that."""
        if said in ("works", "failed"):
            return [*self._give(turn, *answer(after, situation, said)), SlotSet("misunderstandings", 0)]
        if turn.reading.has("step:works_but"):
            return self._give(turn, *answer(after, situation, "failed"))
        turn.say("utter_did_it_work", choices_of(turn, pending(after, situation)), remind=True)
        return [SlotSet("diagnosis", after), *self._keep_waiting()]

    @staticmethod
    def _is_cause(turn: Turn, kept: PlayerState, situation: Situation, seen: frozenset[str]) -> bool:
        """Whether what is seen is what the step that waits puts right, and that was not said yet."""
        return not turn.was_told("utter_change_it") and is_fixed_by_pending(kept, situation, seen)

    def _for_named_phone(self, turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
        """The step that waits in the words of the phone just named, unless that phone ends it."""
        advice, after = answer(kept, situation, "unclear")
        if after == kept:
            after = {**kept, "general": False}
            advice = pending(after, situation)
        if advice.id == kept["current"] and turn.was_told_text(advice.text[turn.language]):
            return self._remind(turn, after, situation)
        return self._give(turn, advice, after)

    @staticmethod
    def _was_paused(turn: Turn) -> bool:
        """Whether the last answer was that there is no hurry."""
        return meaning_of(next(turn.answers_backwards(), {})) == "utter_pause"

    @staticmethod
    def _answers_too(turn: Turn) -> bool:
        """Whether a message that was a question surely says something of what waits as well.

        "It works, but …" about something else than the connection was answered.
        """
        reading = turn.reading
        of_it = [
            read.probability
            for read in reading.commands
            if read.command.name in ("step", "observe", "choose") and str(read.command) != "step:works_but"
        ]
        return max(of_it, default=0.0) >= SURE_BESIDE_A_QUESTION

    @staticmethod
    def _keep_waiting() -> list[Event]:
        # Rasa takes a form that sets none of its slots for one that refuses the message
        return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]

    def _remind(self, turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
        """Come back to what waits in a short line; a step is told in full only when asked for."""
        advice = remind(kept, situation)
        is_step = advice.kind == "step"
        if is_step and (turn.reading.has("resume") or turn.ran("action_resume")):  # "where were we?"
            return self._show(turn, kept, situation)
        name = f"remind.{advice.id}"
        if turn.was_told(name) and not is_step:
            advice = explain(kept, situation, 1)
            name = f"explain.{advice.id}"
        choices = choices_of(turn, advice)
        if is_step:
            choices.append(turn.choice(turn.words.phrase("show_step"), f'/inform{{"step_outcome": "{SHOW}"}}'))
        if turn.was_told(name):
            turn.say("utter_did_it_work", choices, remind=True)
        else:
            turn.say_text(advice.text[turn.language], name, choices, remind=True)
        return self._keep_waiting()

    def _show(self, turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
        """What waits in full: in other words, then as it was told first."""
        advice = explain(kept, situation, 1)
        name = f"explain.{advice.id}"
        if turn.was_told(name):
            advice = pending(kept, situation)
            name = advice.id
        turn.say_text(advice.text[turn.language], name, choices_of(turn, advice), remind=True)
        return self._keep_waiting()

    def _unclear(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """What waits, explained differently; after several turns a person is offered beside it."""
        before = state.as_slot()
        after_answer = answer(before, situation, "unclear")
        if after_answer[1] != before:  # the situation now answers the question: a phone or symptom was named
            return self._give(turn, *after_answer)
        missed = int(turn.slot("misunderstandings") or 0) + 1
        advice = explain(before, situation, missed)
        turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
        return [*self._keep_waiting(), SlotSet("misunderstandings", missed)]

    def _begin(self, turn: Turn, earlier: DiagnosisState | None, situation: Situation) -> list[Event]:
        advice, state = begin(situation, earlier.as_slot() if earlier else None)
        if not advice.id.startswith("finding.incident"):
            tell_of_place(turn)
        if "show_qr" in advice.offers and self._being_returned(turn, situation):
            turn.say("utter_qr_refund_open")
            return [SlotSet("diagnosis", None), SlotSet("offer", "human_handoff"), SlotSet("requested_slot", None)]
        return self._give(turn, advice, state)

    @staticmethod
    def _reminder_too_late(turn: Turn) -> list[Event]:
        """The desk reminds of a step that nothing waits for any more."""
        return [SlotSet("step_outcome", None), SlotSet("requested_slot", turn.slot("requested_slot"))]

    @staticmethod
    def _being_returned(turn: Turn, situation: Situation) -> bool:
        """Whether a refund or exchange of the order is under way: then its code must not be installed any more."""
        with turn.orders() as session:
            request = requests.latest_request(session, situation.facts.number) if situation.facts else None
            return request is not None and request.state in OPEN_REQUEST_STATES

    def _outcome(self, turn: Turn, advice: Advice) -> str:
        """What the message says of what waits; "unclear" changes nothing."""
        reading = turn.reading
        offered = {choice.outcome for choice in self._last(advice).choices}
        if turn.entities("tried") and not reading.has("step:works", "step:works_but"):
            return "already"
        if _PLAIN in offered and (reading.has("decline", "observe:no_service") or statements(turn.text).denied):
            return _PLAIN
        # "done, and it works": what came of it, not that it was done
        for value in sorted(reading.values("step"), key=lambda value: value == "done"):
            outcome = _OUTCOME_OF.get(value)
            if outcome == "works" and "works" not in offered and offered:
                return self._last(advice).choices[0].outcome
            if outcome:
                return outcome
        if reading.has("step:works_but") or reading.has("object", "complain"):
            return "failed"
        arrived = reading.has("observe:arrived") or (reading.has("choose") and turn.entity("location"))
        if offered >= {"understood", "landed"} and arrived:
            return "landed"
        if turn.entities("tried"):
            return "already"
        if reading.has("confirm"):
            return "works"
        return "failed" if reading.has("decline") else "unclear"

    @staticmethod
    def _typed_title(turn: Turn, advice: Advice) -> str | None:
        """The outcome of the choice whose title was typed, or which the message points at by its place."""
        choices = ValidateDiagnosisForm._last(advice).choices
        text = turn.text.casefold().strip(" .!。！,，")
        if not text or turn.text.startswith("/"):
            return None
        for choice in choices:
            if any(text == title.casefold().strip(" .!。！") for title in choice.text.values()):
                return choice.outcome
        outcomes = [turn.reading.chance(f"step:{value}") for value in turn.reading.values("step")]
        if turn.reading.chance("choose") > max(outcomes, default=0.0):
            place = named_item(turn.text, [choice.text[turn.language] for choice in choices])
            if place is not None:
                return choices[place].outcome
            for choice in choices:
                if any(title.casefold() in text or text in title.casefold() for title in choice.text.values()):
                    return choice.outcome
        return None

    @staticmethod
    def _last(advice: Advice) -> Advice:
        while advice.then is not None:
            advice = advice.then
        return advice

    def _give(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        """Say the advice; the events that keep it."""
        return [*self._say(turn, advice, state), *self._events(turn, advice, state)]

    def _say(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        events: list[Event] = []
        shown = False
        piece: Advice | None = advice
        while piece is not None:
            known = piece.then is not None and turn.diagnosis is not None and piece.id in turn.diagnosis.done
            told = known or turn.was_told_text(piece.text[turn.language])
            wanted_again = piece.then is None and asks_how_long(turn.text)  # the finding says until when
            if piece.kind == "finding" and told and not wanted_again:
                if piece.then is None:  # told already: what can be done about it
                    offers = [offer for offer in ("refund", "exchange", "person") if offer in piece.offers]
                    turn.say("utter_ways_out", [turn.choice_of_offer(each) for each in offers or ["person"]])
                piece = piece.then
                continue
            if piece.kind == "solved":
                turn.say("utter_solved")
            else:
                # the desk asks about a step that stays without an answer
                words = piece.text[turn.language]
                # the same step for another order: in other words
                if told and piece.then is None and piece.kind in ("step", "question"):
                    words = explain(state, situation_of(turn), 1).text[turn.language]
                shown_choices = choices_of(turn, piece)
                lost = int(turn.slot("misunderstandings") or 0) >= OFFER_PERSON_AFTER - 1
                if lost and piece.kind == "step" and "person" not in piece.offers:
                    shown_choices.append(turn.choice_of_offer("person"))
                turn.say_text(words, piece.id, shown_choices, remind=piece.kind == "step")
            with turn.orders() as session:
                number = turn.verified_order(session)
                if number and "show_qr" in piece.offers and not shown:
                    shown = True
                    events += show_qr(turn, session, number, ask_again=False)
                if number and "reissue" in piece.offers:
                    reissue(turn, session, number, "utter_reissue_ticket", finding=piece.id)
            piece = piece.then
        return events

    def _events(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        last = self._last(advice)
        waits = last.awaits_answer
        if state["current"] in ("solved", "exhausted"):
            self._record(turn, state)
        offers = [offer for offer in last.offers if offer in INTENT_OF]
        return [
            SlotSet("steps_tried", turn.steps_tried()),
            SlotSet("step_outcome", None),
            SlotSet("diagnosis", state),
            *([SlotSet("error_message", None), SlotSet("observed", None)] if state["current"] == "solved" else []),
            SlotSet("offer", INTENT_OF[offers[0]] if offers and not waits else None),
            SlotSet("requested_slot", "step_outcome" if waits else None),
        ]

    @staticmethod
    def _record(turn: Turn, state: PlayerState) -> None:
        """Keep how the diagnosis ended for the figures, under a key of its own that tells nobody's name."""
        case = state["answers"].setdefault("case", uuid.uuid4().hex)
        situation = situation_of(turn)
        facts = situation.facts
        ended = diagnoses.Ended(
            case=case,
            day=turn.now.date(),
            outcome="solved" if state["current"] == "solved" else "open",
            symptom=state["playbook"],
            causes=causes_found(state),
            device_family=situation.menu_family or state["answers"].get("family"),
            operator=facts.last_operator if facts else None,
            country=situation.here,
            steps=sum(name.startswith("step.") for name in state["done"]),
        )
        with turn.orders() as session:
            diagnoses.record(session, ended)
