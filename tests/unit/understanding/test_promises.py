"""Promises to pass something on in our texts, and the messages that take them up."""

from __future__ import annotations

import pytest

from aftercare.articles.files import ARTICLES
from aftercare.base.yaml_data import read_yaml
from aftercare.understanding.promises import details_in, gives_promised, promises, reminds_of_promise

PERSON_FINDS = "A person finds it: tell me your name, the day and amount of the payment, and I pass it on now."
GROUP = "For a larger group tell me the number of phones and the dates, and I pass it on now."
COMPLAINT = "I can pass your complaint on now: just tell me what happened and when."
# These offer a person on a yes alone, and ask for nothing to pass on.
NOTHING_TOLD = {"helping-others.parents-abroad", "refund-decision.refund-declined-next"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_article_that_passes_on_is_known_to_promise(language: str) -> None:
    missed = {
        f"{path.stem}.{question['id']}"
        for path in sorted((ARTICLES / language).glob("*.yml"))
        for question in read_yaml(path).get("questions", [])
        if question.get("passes_on") and not promises(str(question.get("answer", "")))
    }
    assert missed <= NOTHING_TOLD


@pytest.mark.parametrize(
    ("text", "promise", "brought", "taken"),
    [
        ("Ana Silva, paid 35 dollars on Monday", PERSON_FINDS, (), True),
        ("我叫林安娜，昨天付了35块", PERSON_FINDS, (), True),
        ("12 phones from 3 to 15 February", GROUP, (), True),
        ("12台，2月3日到15日", GROUP, (), True),
        ("the guide shouted at us and left", COMPLAINT, (), True),
        ("can I get a discount at all?", GROUP, (), False),
        ("NZ10000003 emma@example.com", PERSON_FINDS, ("order_number", "email"), False),
        ("NZ10000003 emma@example.com, bought yesterday", PERSON_FINDS, ("order_number", "email"), False),
        ("emma@example.com", PERSON_FINDS, ("email",), False),
        ("thanks", COMPLAINT, (), False),
    ],
)
def test_what_was_asked_for(text: str, promise: str, brought: tuple[str, ...], taken: bool) -> None:
    assert gives_promised(text, promise, brought) is taken


@pytest.mark.parametrize(
    "text", ["you said you pass it on", "I already told you all of it", "刚才不是都说过了吗", "请转给同事"]
)
def test_held_to_the_promise(text: str) -> None:
    assert reminds_of_promise(text)


def test_the_kinds_of_details() -> None:
    assert details_in("visa 4417, paid 49 NZD yesterday", ("email",)) == {"digits", "amount", "day", "email"}
