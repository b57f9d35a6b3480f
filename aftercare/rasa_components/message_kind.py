"""What kind of message a reading is: a question, a wish for a person or a language, anger without a matter."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from aftercare.articles.units import unit
from aftercare.base.language import LANGUAGES
from aftercare.rasa_components.turn_state import CERTAIN, CLEAR, State
from aftercare.understanding.commands import Command
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.negation import drops_request, only_refuses_refund, tells_amiss, wants_it_mended
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT
from aftercare.understanding.reader.reader import CommandReading, Read

# A command that is read this surely is acted on, whatever the classifier of single messages makes of the words.
SURE = 0.5
LIKELY = 0.6
_GUESS = 0.2
# What is seen would be told as the cause: below this probability it is a guess in every situation.
_GUESSED_FACT = 0.3
# So much of a nod alone, where the words tell nothing either, is a guess as well.
_NOD = 0.35
# Where something waits, a guess at one of these is none either.
_BESIDE_THE_STEP = frozenset({"complain", "chat", "challenge"})
# From this probability on a success is believed against words that report a fault: they may tell what it was.
_BELIEVED = 0.7
# From this probability on an article surely answers a message, and from here on it may.
_ANSWERED, _LIKELY_ANSWERED, _NEARLY = 0.65, 0.4, 0.25
# The same where nothing was read as a question.
_SURELY_ANSWERED = 0.75

# What ends or leaves what is under way, by the intents that mean it.
_MEANT_BY = {
    "start_over": ("start_over",),
    "person": ("human_handoff", "complain"),
    "goodbye": ("goodbye", "thank"),
    "chat": ("out_of_scope", "bot_challenge"),
    "cancel": ("cancel", "withdraw_request", "deny"),
}
# Done and told of a request: taking back means this request.
OF_A_REQUEST = {("told", "refund_status"), ("done", "refund"), ("done", "exchange")}

# What only means something where something was asked, offered or told before.
_OF_SOMETHING_ASKED = frozenset(
    {"confirm", "decline", "choose", "refer", "repeat", "back", "resume", "acknowledge", "inform"}
)
# What is found in every message, whatever it brings.
_OF_EVERY_MESSAGE = frozenset({"language", "script"})
_NOTHING_ASKED = ("idle", "told", "solved", "choices")
# After so many messages in a row that were not understood, what says nothing surely is one more.
_OFTEN = 2

QUESTIONS = ("ask", "ask_why", "ask_how", "rephrase", "repeat", "dont_know")
# Below this probability words in another language may well be words about a language.
_WRITTEN_IN_IT = 0.9


def is_question(reading: CommandReading) -> bool:
    """Whether a message asks something; pointing at a thing to take it is no question."""
    if reading.has("refer") and not reading.has("ask", "choose"):
        return reading.situation != "exchange_choice"
    if protests(reading):
        return True
    return reading.has(*QUESTIONS) and not reading.chance("choose") > reading.chance("ask") > 0


def protests(reading: CommandReading) -> bool:
    """Whether a message disputes what was told rather than answers it."""
    answers = ("choose", "confirm", *(f"step:{value}" for value in reading.values("step")))
    return reading.has("object") and reading.chance("object") >= max(map(reading.chance, answers))


def answered(reading: CommandReading) -> bool:
    """Whether an article surely answers the message, or likely answers what is surely a question."""
    best = reading.units[0][1] if reading.units else 0.0
    if not reading.has(*QUESTIONS):
        return best >= _SURELY_ANSWERED
    return best >= (_LIKELY_ANSWERED if reading.chance("ask") >= CLEAR else _ANSWERED)


def surely_answered(reading: CommandReading) -> bool:
    """Whether an article surely answers the message, whatever kind of message it is."""
    return bool(reading.units) and reading.units[0][1] >= _ANSWERED


def certainly_answered(reading: CommandReading) -> bool:
    """Whether one unit of an article is certainly what the message is about, whatever kind of message it is."""
    return bool(reading.units) and reading.units[0][1] >= CERTAIN


def asked_before_buying(reading: CommandReading) -> bool:
    """Whether an article likely answers the message that is asked before anything is bought."""
    best = unit(reading.units[0][0], "en") if likely_answered(reading) else None
    return best is not None and best.before_buying


def likely_answered(reading: CommandReading) -> bool:
    """Whether an article likely answers the message."""
    return bool(reading.units) and reading.units[0][1] >= _LIKELY_ANSWERED


def article_answers(reading: CommandReading) -> bool:
    """Whether one article surely answers the message, though perhaps not which of its questions is asked."""
    chances: dict[str, float] = {}
    for name, chance in reading.units:
        article = name.partition(".")[0]
        chances[article] = chances.get(article, 0.0) + chance
    return max(chances.values(), default=0.0) >= _ANSWERED


def nearly_answered(reading: CommandReading) -> bool:
    """Whether an article may answer the message."""
    return bool(reading.units) and reading.units[0][1] >= _NEARLY


def asks_for_language(reading: CommandReading, state: State) -> bool:
    """A wish to be answered in a language, or words in one of the others; no question about languages."""
    if state.written_in is not None:
        return True
    if reading.has("speak"):
        if third_language(reading):
            return True
        spoken = max(reading.chance(f"speak:{code}") for code in reading.values("speak"))
        of_another = state.intent != "switch_language" and not set(reading.values("speak")) & set(LANGUAGES)
        if of_another and spoken < SURE and not reading.has("repeat"):
            return False  # "my phone is in French"
        if reading.chance("ask") > spoken and state.intent != "switch_language" and not reading.has("repeat"):
            return False  # about menus or staff
        if state.intent == "switch_language" and state.confidence >= CERTAIN and spoken >= reading.chance("ask"):
            return True
        return reading.has("repeat") or not (reading.has("ask_how", "start") or answered(reading))
    top = max((read.probability for read in reading.commands), default=0.0)
    named = state.intent == "switch_language" and state.confidence >= LIKELY and top < LIKELY
    certain = state.confidence >= CERTAIN or not likely_answered(reading)
    return named and certain and not is_question(reading)  # "why is Google in Chinese?" asks about something else


def third_language(reading: CommandReading) -> bool:
    """Whether the words themselves are of a language that is not ours, whatever they resemble in ours."""
    code = reading.values("speak")[0]
    others = ("ask", "ask_how", *(f"start:{value}" for value in reading.values("start")))
    return (
        code not in LANGUAGES
        and reading.chance(f"speak:{code}") >= _WRITTEN_IN_IT
        and max(map(reading.chance, others)) < LIKELY
        and not answered(reading)
    )


def wants_person(reading: CommandReading, state: State) -> bool:
    """A wish for a person; words about staff that an article answers are a question."""
    if state.demands_person:
        return True
    if reading.chance("no_person") > reading.chance("person"):
        return False
    begins = max((reading.chance(f"start:{value}") for value in reading.values("start")), default=0.0)
    if state.names_person_beside:
        return True  # and what is asked beside it is answered too
    if state.names_person and begins < SURE and not reading.has("ask", "no_person", "confirm"):
        return True  # "a person then, let them see why there is no signal"
    asks_rather = reading.chance("ask") > reading.chance("person") and likely_answered(reading)
    if asks_rather and state.intent != "human_handoff":
        return False  # "do your people speak Chinese?"
    by_article = bool(reading.units) and reading.units[0][1] >= _ANSWERED
    wished = state.intent == "human_handoff" and state.confidence >= CERTAIN and not is_question(reading)
    if wished and reading.chance("person") >= LIKELY:
        return True  # "let me ask a person first": the article on how to reach one is of the same matter
    if by_article or (reading.has("ask") and state.asks_clearly):
        return reading.chance("person") >= CLEAR
    likely = reading.chance("person") >= LIKELY or state.intent in _MEANT_BY["person"]
    return (reading.has("person") and likely) or (
        state.intent == "human_handoff" and state.confidence >= (CERTAIN if reading.has("ask") else CLEAR)
    )


def only_complains(reading: CommandReading, state: State) -> bool:
    """Anger without a matter, though its words resemble one: "terrible service"."""
    starts = max((reading.chance(f"start:{value}") for value in reading.values("start")), default=0.0)
    if state.brings_order and starts >= LIKELY:
        return False  # who gives the order wants it looked at
    return state.intent == "complain" and state.confidence >= CLEAR and reading.chance("complain") > starts


def settled(reading: CommandReading, intent: str, confidence: float, text: str = "") -> CommandReading:
    """The reading, with a no where the words alone clearly are one: nothing is confirmed or awaited against them.

    A case is not closed on a guess either, nor against words that clearly report a fault or ask what an article
    answers; a guess at nothing in particular is none; and a refund that is named to be refused is not begun.
    """
    if text and all(unicodedata.category(sign)[0] in "PZ" for sign in text):
        return replace(reading, commands=(Read(Command("unclear"), 1.0),))
    reading = _without_hijack(_without_refused(reading, text), intent, confidence)
    if intent == "thank" and confidence >= CERTAIN and not tells_amiss(text):
        reading = _without_anger(reading)
    if (reading.situation, reading.asked) in OF_A_REQUEST and drops_request(text) and not reading.has("undo"):
        return replace(reading, commands=(Read(Command("undo"), SURE), *reading.commands))
    top = max((read.probability for read in reading.commands), default=0.0)
    only_nods = {str(read.command) for read in reading.commands} == {"acknowledge"} and confidence < SURE
    guessed = {"observe"} | ({"step"} if intent == "out_of_scope" and confidence >= CLEAR else set())
    facts_guessed = top < _GUESSED_FACT and all(read.command.name in guessed for read in reading.commands)
    nothing_waits = reading.situation in ("idle", "told", "done", "solved", "choices")
    beside = all(read.command.name in _BESIDE_THE_STEP for read in reading.commands)
    if (top < (_NOD if only_nods else _GUESS) and (nothing_waits or beside)) or facts_guessed:
        return replace(reading, commands=(Read(Command("unclear"), top),))
    refuses = intent == "deny" and confidence >= CERTAIN and not reading.has("decline", "cancel", "step:failed")
    if top < SURE and refuses:
        return replace(reading, commands=(Read(Command("decline"), confidence),))
    reported = intent.startswith("report_") and confidence >= CLEAR and reading.has("complain")
    amiss_again = reported or (reading.chance("complain") >= SURE and tells_amiss(text))
    if reading.has("step:works") and (amiss_again or reading.has("step:failed")):  # "works great, not a page loads"
        kept = tuple(read for read in reading.commands if str(read.command) not in ("step:works", "step:failed"))
        return replace(reading, commands=(Read(Command("step", "failed"), top), *kept))
    if reading.has("step:works"):
        return _without_guessed_success(reading, intent, confidence, asks_something(text))
    against = {"deny"} if reading.situation == "withdraw_confirm" else {"deny", "cancel", "withdraw_request"}
    misread = ("confirm", "step:will_try")
    if (
        intent not in against
        or confidence < CLEAR
        or not reading.has(*misread)
        or reading.has("decline", "step:failed")
    ):
        return reading
    kept = tuple(read for read in reading.commands if str(read.command) not in misread)
    return replace(reading, commands=(Read(Command("decline"), confidence), *kept))


def unless_it_says_nothing(reading: CommandReading, state: State) -> CommandReading:
    """The reading, or an unclear one for what answers nothing: a faint yes, no or nod where nothing was asked.

    Nothing is done on it, so that unclear messages in a row are counted whatever each of them resembles. The second and
    third time it must be read surely.
    """
    names = {read.command.name for read in reading.commands}
    asked = state.loop is not None or reading.situation not in _NOTHING_ASKED
    says = state.intent in ("affirm", "deny", "inform") and state.confidence >= CERTAIN and state.missed < _OFTEN
    brings = state.entities - _OF_EVERY_MESSAGE
    if asked or says or not names or brings or answered(reading) or state.written_in:
        return reading
    top = max(read.probability for read in reading.commands)
    often = state.missed >= _OFTEN and (state.confidence < CLEAR or state.intent in ("affirm", "deny", "out_of_scope"))
    kinds = _OF_SOMETHING_ASKED | ({"chat", "step"} if often else frozenset())
    least = CERTAIN if state.missed and (often or not state.offer) else SURE
    if not names <= kinds or top >= least:
        return reading
    return replace(reading, commands=(Read(Command("unclear"), top),))


def _without_hijack(reading: CommandReading, intent: str, confidence: float) -> CommandReading:
    """The reading, without a command that would end what is under way while the words alone certainly are another."""
    least = CERTAIN if confidence >= CERTAIN else SURE
    kept = tuple(
        read
        for read in reading.commands
        if intent in _MEANT_BY.get(str(read.command), (intent,)) or read.probability >= least
    )
    if len(kept) == len(reading.commands):
        return reading
    return replace(reading, commands=kept or (Read(Command("ask" if intent.startswith("ask_") else "unclear"), SURE),))


def _without_refused(reading: CommandReading, text: str) -> CommandReading:
    """The reading, without a refund or exchange that is only refused; "I just want it to work" reports a fault."""
    unwanted = {"start:request_refund", "start:request_exchange"} & {str(read.command) for read in reading.commands}
    if not unwanted or not only_refuses_refund(text):
        return reading
    kept = tuple(read for read in reading.commands if str(read.command) not in unwanted)
    chance = max(map(reading.chance, unwanted))
    if wants_it_mended(text) and not any(read.command.name == "start" for read in kept):
        return replace(reading, commands=(Read(Command("start", UNSPECIFIED_FAULT), chance),))
    return replace(reading, commands=kept or (Read(Command("decline"), chance),))


def _without_anger(reading: CommandReading) -> CommandReading:
    """The reading, without an anger that is no surer than the thanks it is read beside."""
    angry = ("complain", "object")
    if not reading.has(*angry) or max(map(reading.chance, angry)) >= max(SURE, reading.chance("thank")):
        return reading
    kept = tuple(read for read in reading.commands if read.command.name not in angry)
    return replace(reading, commands=kept or (Read(Command("thank"), SURE),))


def _without_guessed_success(reading: CommandReading, intent: str, confidence: float, asks: bool) -> CommandReading:
    """The reading, without a success that is only a guess or that its words speak against."""
    chance, top = reading.chance("step:works"), max(read.probability for read in reading.commands)
    kept = tuple(read for read in reading.commands if str(read.command) != "step:works")
    if chance < SURE:
        if intent == "affirm" and not kept:
            return replace(reading, commands=(Read(Command("acknowledge"), top),))
        if intent == "deny" and confidence >= CLEAR and not kept:
            return replace(reading, commands=(Read(Command("decline"), confidence),))
        return replace(reading, commands=kept or (Read(Command("unclear"), top),))
    agrees = intent == "affirm" and confidence >= CERTAIN and chance >= SURE and not asks
    if chance >= CERTAIN or agrees:
        return reading
    if asks and reading.units and reading.units[0][1] >= CLEAR:
        return replace(reading, commands=(Read(Command("ask"), reading.units[0][1]), *kept))
    if chance < _BELIEVED and intent.startswith("report_") and confidence >= CLEAR and not reading.has("observe"):
        return replace(reading, commands=(Read(Command("step", "failed"), chance), *kept))
    if intent == "thank" and confidence >= LIKELY and not asks:
        return reading  # "outside it's fast, thanks"
    if chance < CLEAR:  # "yeah right, like that will help" is asked about
        return replace(reading, commands=(Read(Command("step", "done"), chance), *kept))
    return reading
