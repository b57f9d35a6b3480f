"""Responses come in the traveller's language and script."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from rasa.core.actions.action import ActionBotResponse, create_bot_utterance
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.responses import Responses
from aftercare.rasa_components.nlg import BilingualNlg
from aftercare.rasa_components.traditional import in_travellers_script

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
slots:
  language: {type: categorical, values: [en, zh], influence_conversation: false, mappings: [{type: custom}]}
  script: {type: categorical, values: [hans, hant], influence_conversation: false, mappings: [{type: custom}]}
  order_number: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  email: {type: text, influence_conversation: false, mappings: [{type: custom}]}
"""
)
SAID = {
    "en": Responses(
        {
            "utter_network": [
                {
                    "text": "Order {order_number}: check the settings.",
                    "buttons": [{"title": "It works", "payload": "/affirm"}],
                }
            ],
            "utter_only_english": [{"text": "Only English."}],
            "utter_lost_ones": [{"text": "Due {due}, {not one}."}],
            "utter_neutral": [{"text": "OK 👍"}],
            "utter_again": [{"text": "Why?"}, {"text": "How so?"}, {"text": "For what?"}],
            "utter_two": [{"text": "Why?"}, {"text": "Because.", "buttons": [{"title": "OK", "payload": "/affirm"}]}],
            "utter_status": [{"text": "Order {order_number} is paid."}, {"text": "It's paid, {order_number}."}],
        },
        {},
    ),
    "zh": Responses(
        {
            "utter_network": [
                {
                    "text": "订单 {order_number}：请检查网络设置。",
                    "buttons": [{"title": "网络好了", "payload": '/affirm{"tried": "网络"}'}],
                }
            ],
            "utter_status": [{"text": "{order_number} 的网络设置好了。"}, {"text": "信号正常：{order_number}。"}],
        },
        {},
    ),
}


@pytest.fixture(autouse=True)
def responses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftercare.rasa_components.nlg.all_responses", lambda: SAID)


async def say(response: str, **slots: Any) -> dict[str, Any] | None:
    """What the traveller reads: the response, as Rasa logs it."""
    config = EndpointConfig(type="aftercare.rasa_components.nlg.BilingualNlg")
    nlg = NaturalLanguageGenerator.create(config, DOMAIN)
    assert isinstance(nlg, BilingualNlg)
    tracker = DialogueStateTracker.from_events("t", [SlotSet(k, v) for k, v in slots.items()], DOMAIN.slots)
    message: dict[str, Any] | None = await nlg.generate(response, tracker, "desk")
    if message is None:
        return None
    logged = create_bot_utterance(message)
    in_travellers_script([logged], tracker)
    return {"text": logged.text, **logged.data}


@pytest.mark.parametrize(
    ("slots", "text", "title"),
    [
        ({"language": "en"}, "Order NZ10000001: check the settings.", "It works"),
        ({"language": "en", "script": "hant"}, "Order NZ10000001: check the settings.", "It works"),
        ({"language": "zh"}, "订单 NZ10000001：请检查网络设置。", "网络好了"),
        ({"language": "zh", "script": "hans"}, "订单 NZ10000001：请检查网络设置。", "网络好了"),
        ({"language": "zh", "script": "hant"}, "訂單 NZ10000001：請檢查網路設定。", "網路好了"),
        ({}, "Order NZ10000001: check the settings.", "It works"),
    ],
)
async def test_language_and_script(slots: dict[str, str], text: str, title: str) -> None:
    message = await say("utter_network", order_number="NZ10000001", **slots)
    assert message is not None
    assert (message["text"], message["buttons"][0]["title"]) == (text, title)


async def test_payload_is_not_converted() -> None:
    message = await say("utter_network", language="zh", script="hant")
    assert message is not None
    assert message["buttons"][0]["payload"] == '/affirm{"tried": "网络"}'


async def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        await say("utter_network", language="zh", email="li@example.com", order_number="NZ10000002")
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "li@example.com" not in logged
    assert "NZ10000002" not in logged


async def test_placeholder_without_value_is_logged_by_name(caplog: pytest.LogCaptureFixture) -> None:
    message = await say("utter_lost_ones", language="en", email="li@example.com")
    assert message is not None
    assert message["text"] == "Due …, {not one}."
    assert "{due}" in caplog.text
    assert "li@example.com" not in caplog.text


async def talk(*turns: tuple[str, dict[str, Any]]) -> list[str]:
    """What the traveller reads in one conversation that has each of these responses, with these slots, in turn."""
    nlg = BilingualNlg()
    tracker = DialogueStateTracker("t", DOMAIN.slots)
    texts = []
    for response, slots in turns:
        for name, value in slots.items():
            tracker.update(SlotSet(name, value))
        [event] = await ActionBotResponse(response).run(CollectingOutputChannel(), nlg, tracker, DOMAIN)
        assert isinstance(event, BotUttered)
        in_travellers_script([event], tracker)
        tracker.update(BotUttered.from_parameters(json.loads(json.dumps(event.as_dict()))))  # as it is stored
        texts.append(str(event.text))
    return texts


HANT = {"language": "zh", "script": "hant"}
AGAIN: tuple[str, dict[str, Any]] = ("utter_again", {})


async def test_the_second_time_it_is_another_wording_and_after_all_the_oldest() -> None:
    assert await talk(("utter_again", {"language": "en"}), *[AGAIN] * 4) == [
        "Why?",
        "How so?",
        "For what?",
        "Why?",
        "How so?",
    ]


async def test_other_messages_between_do_not_matter() -> None:
    english = {"language": "en"}
    texts = await talk(
        ("utter_again", english), ("utter_neutral", {}), ("utter_two", {}), AGAIN, ("utter_two", {}), AGAIN
    )
    assert texts == ["Why?", "OK 👍", "Why?", "How so?", "Because.", "For what?"]


async def test_other_values_do_not_bring_the_same_wording_back() -> None:
    numbered = [("utter_status", {"order_number": number}) for number in ("NZ10000001", "NZ10000002")]
    assert await talk(("utter_neutral", {"language": "en"}), *numbered) == [
        "OK 👍",
        "Order NZ10000001 is paid.",
        "It's paid, NZ10000002.",
    ]


async def test_a_wording_in_traditional_counts_as_told() -> None:
    told = [("utter_status", {"order_number": "NZ10000001"}), ("utter_status", {}), ("utter_status", {})]
    assert await talk(("utter_neutral", HANT), *told) == [
        "OK 👍",
        "NZ10000001 的網路設定好了。",
        "訊號正常：NZ10000001。",
        "NZ10000001 的網路設定好了。",
    ]


async def test_a_change_of_script_or_language_goes_on_to_the_next_wording() -> None:
    order = {"order_number": "NZ10000001"}
    texts = await talk(("utter_status", {**HANT, **order}), ("utter_status", {"script": "hans"}))
    assert texts == ["NZ10000001 的網路設定好了。", "信号正常：NZ10000001。"]
    texts = await talk(("utter_status", {**HANT, **order}), ("utter_status", {"language": "en"}))
    assert texts == ["NZ10000001 的網路設定好了。", "It's paid, NZ10000001."]


async def test_buttons_belong_to_their_wording() -> None:
    nlg = BilingualNlg()
    tracker = DialogueStateTracker.from_events("t", [SlotSet("language", "en")], DOMAIN.slots)
    first = await nlg.generate("utter_two", tracker, "desk")
    assert first is not None
    tracker.update(create_bot_utterance({**first, "utter_action": "utter_two"}))
    second = await nlg.generate("utter_two", tracker, "desk")
    assert second is not None
    assert second["buttons"] == [{"title": "OK", "payload": "/affirm"}]
    second["buttons"].clear()
    assert SAID["en"].responses["utter_two"][1]["buttons"]


async def test_other_language_instead_of_silence(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        message = await say("utter_only_english", language="zh", script="hant")
    assert message is not None
    assert message["text"] == "Only English."
    assert "utter_only_english has no variation for language zh" in caplog.text


async def test_neutral_and_unknown_responses() -> None:
    neutral = await say("utter_neutral", language="zh")
    assert neutral is not None
    assert neutral["text"] == "OK 👍"
    assert await say("utter_nothing", language="zh") is None


async def test_templates_are_not_changed_by_use() -> None:
    first = await say("utter_network", language="zh", script="hant", order_number="NZ10000001")
    second = await say("utter_network", language="zh", script="hans", order_number="NZ10000002")
    assert first is not None
    assert second is not None
    assert second["text"] == "订单 NZ10000002：请检查网络设置。"


async def test_texts_are_those_of_data_responses_not_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"en": Responses({"utter_neutral": [{"text": "Edited."}]}, {}), "zh": Responses({}, {})}
    monkeypatch.setattr("aftercare.rasa_components.nlg.all_responses", lambda: said)
    message = await say("utter_neutral", language="en")
    assert message is not None
    assert message["text"] == "Edited."
