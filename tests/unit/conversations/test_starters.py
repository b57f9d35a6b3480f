"""What a traveller may begin with, and every other payload that code of ours sends: known to the assistant."""

from __future__ import annotations

import re

import pytest

from aftercare.base.language import Language
from aftercare.base.settings import ROOT
from aftercare.base.voice import Voice
from aftercare.base.yaml_data import read_yaml
from aftercare.conversations import texts
from aftercare.conversations.starters import starter, starters

DOMAIN = read_yaml(ROOT / "domain.yml")
INTENTS = {intent if isinstance(intent, str) else next(iter(intent)) for intent in DOMAIN["intents"]}
SENT = re.compile(r"""f?["']/([a-z_]+)(?:{json|["'])""")


@pytest.mark.parametrize("voice", [Voice("en"), Voice("zh", "hans"), Voice("zh", "hant")])
def test_each_starter_names_an_intent_and_can_be_chosen(voice: Voice) -> None:
    offered = starters(voice)
    assert {choice.payload.removeprefix("/") for choice in offered.values()} <= INTENTS
    assert all(choice.title for choice in offered.values())
    assert {key: starter(key, voice) for key in offered} == offered


def test_an_id_of_a_message_is_no_starter() -> None:
    assert not any(re.fullmatch(r"\d+-c?\d+", key) for key in starters(Voice("en")))
    assert starter("2-0", Voice("en")) is None


def test_rewording_a_label_changes_no_payload(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {key: choice.payload for key, choice in starters(Voice("en")).items()}

    def reworded(name: str, language: Language, **values: object) -> str:
        return name[::-1]

    monkeypatch.setattr(texts, "phrase", reworded)
    after = starters(Voice("en"))
    assert {key: choice.payload for key, choice in after.items()} == before
    assert after["start-refund"].title == "dnufer_retrats"


def test_what_telegrams_commands_send_are_intents() -> None:
    sent = {
        intent
        for path in (ROOT / "aftercare/telegram").glob("*.py")
        for intent in SENT.findall(path.read_text("utf-8"))
    }
    assert sent == {"greet", "human_handoff", "inform", "ask_coverage"}
    assert sent <= INTENTS
