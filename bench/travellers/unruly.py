"""What unruly travellers do in between, in sentences of their own that no training file has."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mood = Literal["calm", "asks", "observes", "corrects", "undoes", "two_goals", "languages", "silent"]
MOODS: tuple[Mood, ...] = ("calm", "asks", "observes", "corrects", "undoes", "two_goals", "languages", "silent")
Sentences = Mapping[str, tuple[str, ...]]

# A question in the middle of a step, a form or a confirmation: answered, and never taken for an answer.
ASKS: Sentences = {
    "en": (
        "before I do that, does it eat up my data?",
        "hold on, what does that setting even do?",
        "and do I have to keep it that way when I fly home?",
        "is my home number still reachable meanwhile?",
        "how long does this normally take to kick in?",
    ),
    "zh": (
        "先问一下，这样会不会费流量？",
        "等等，这个设置到底是干嘛的？",
        "那我回国以后还要改回来吗？",
        "这期间原来的号还能接电话吗？",
        "一般弄完要多久才生效？",
    ),
}
OBSERVES: Sentences = {
    "en": (
        "I notice a key symbol next to the battery",
        "up there it reads 3G, just so you know",
        "there is an airplane drawn in the corner",
        "the corner says SOS and nothing else",
        "I do have four bars by the way",
    ),
    "zh": (
        "我看电池旁边有个钥匙的标志",
        "顺便说下，上面写的是 3G",
        "角上画着一架飞机",
        "角上只有 SOS 几个字母",
        "信号倒是有四格",
    ),
}
CORRECTS: Sentences = {
    "en": ("wait, wrong one. {number} with {email} is the right one", "I mixed that up, it's {number}, {email}"),
    "zh": ("等下，发错了，应该是 {number}，邮箱 {email}", "我弄混了，是 {number}，{email}"),
}
UNDOES: Sentences = {
    "en": ("oh no, I pressed that by accident, take it back please", "changed my mind, I'd rather keep it after all"),
    "zh": ("哎呀按错了，帮我撤回吧", "我又不想退了，还是留着吧"),
}
ALSO: Sentences = {
    "en": ("and another matter once this is done: what was I charged in total?", "besides, how many gigs have I left?"),
    "zh": ("弄完这个还有件事：我一共付了多少钱？", "另外我还剩多少流量？"),
}
LANGUAGES: Sentences = {
    "en": (
        "could we go on in Chinese please",
        "on peut continuer en français ?",
        "my phone menus are in German, is that fine?",
    ),
    "zh": ("能用英文跟我说吗", "한국어로 가능한가요?", "我手机系统是日文的，没关系吧？"),
}
BACK: Sentences = {
    "en": ("sorry, fell asleep. where had we got to?", "back again, was away for hours"),
    "zh": ("不好意思刚睡着了，说到哪了？", "我回来了，刚才出去了好几个小时"),
}
# What the desk sends after a long silence at a step.
REMINDER = '/inform{"step_outcome": "reminder"}'
WITHDRAWN = ("utter_withdraw", "utter_nothing_to_undo")
"""Answers that offer to take a request back, or say truthfully that there is none; names by their beginnings."""


@dataclass
class Unruly:
    """One traveller's mood, and whether it has shown yet: each shows once, some twice."""

    mood: Mood
    left: int = 1

    def interrupts(
        self, chance: random.Random, names: list[str], language: str, own: tuple[str, str]
    ) -> tuple[str, bool] | None:
        """What is said instead of an answer, and whether it is sent by a button; None for the plain answer.

        `names` are those of the last messages, `own` number and e-mail of the traveller's order.
        """
        at_step = any(name.startswith("step.") for name in names)
        waits = at_step or any(name.startswith(("utter_refund_", "utter_order_number", "question.")) for name in names)
        if self.left <= 0 or not names:
            return None
        said: tuple[str, bool] | None = None
        if self.mood == "asks" and waits:
            said = chance.choice(ASKS[language]), False
        elif self.mood == "observes" and at_step:
            said = chance.choice(OBSERVES[language]), False
        elif self.mood == "corrects" and waits:
            number, email = own
            said = chance.choice(CORRECTS[language]).format(number=number, email=email), False
        elif self.mood == "undoes" and any(
            name in ("utter_refund_requested", "utter_exchange_requested") for name in names
        ):
            said = chance.choice(UNDOES[language]), False
        elif self.mood == "two_goals" and waits:
            said = chance.choice(ALSO[language]), False
        elif self.mood == "languages" and waits:
            said = chance.choice(LANGUAGES[language][1:]), False
        elif self.mood == "silent" and at_step:
            said = (REMINDER, True) if chance.random() < 0.5 else (chance.choice(BACK[language]), False)
        if said:
            self.left -= 1
        return said


def every_sentence() -> dict[str, list[str]]:
    """All sentences by language."""
    groups = (ASKS, OBSERVES, CORRECTS, UNDOES, ALSO, LANGUAGES, BACK)
    return {language: [text for group in groups for text in group[language]] for language in ("en", "zh")}
