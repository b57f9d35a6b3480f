"""The checks of edited data find each kind of fault in a broken copy, and none in what is shipped."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercare.articles.files import compared
from aftercare.base.settings import ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.run import checks
from aftercare.run.checks import (
    asked_elsewhere,
    data_faults,
    language_faults,
    name_faults,
    phrase_name_faults,
    placeholders,
    response_faults,
)

Variations = list[dict[str, Any]]
CHINESE = {"condition": [{"type": "slot", "name": "language", "value": "zh"}]}

SAID = "data/responses"


def good() -> Variations:
    """A response as it should be: Chinese under its condition, English as the default, the same buttons."""
    return [
        {
            **copy.deepcopy(CHINESE),
            "text": "订单 {order} 可以退 {amount}。",
            "buttons": [{"title": "好的", "payload": "/affirm"}, {"title": "不用", "payload": "/deny"}],
        },
        {
            "text": "Order {order} can be refunded: {amount}.",
            "buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}],
        },
    ]


def test_a_good_response_has_no_fault() -> None:
    assert list(response_faults({"utter_refund": good()})) == []


def _change(variation: int, key: str, value: Any) -> Callable[[Variations], None]:
    def change(variations: Variations) -> None:
        variations[variation][key] = value

    return change


def _button(variation: int, number: int, key: str, value: str) -> Callable[[Variations], None]:
    def change(variations: Variations) -> None:
        variations[variation]["buttons"][number][key] = value

    return change


@pytest.mark.parametrize(
    ("breaking", "fault"),
    [
        (lambda v: v.pop(0), "needs as many wordings in English as in Chinese"),
        (lambda v: v.pop(1), "needs as many wordings in English as in Chinese"),
        (lambda v: v.append(copy.deepcopy(v[1])), "needs as many wordings"),
        (lambda v: v[0].pop("condition"), "needs as many wordings"),
        (_change(0, "text", " "), "a text is empty"),
        (_change(1, "text", ""), "a text is empty"),
        (lambda v: v[1].pop("text"), "a text is empty"),
        (_change(0, "text", "订单可以退 {amount}。"), "placeholders differ: ['order']"),
        (_change(1, "text", "{order}: {amont}"), "placeholders differ: ['amont', 'amount']"),
        (_change(0, "text", "Order {order}: {amount}"), "the Chinese text has no Chinese"),
        (_change(1, "text", "订单 {order}: {amount}"), "the English text has Chinese"),
        (lambda v: v[0].pop("buttons"), "the buttons of the two languages differ"),
        (lambda v: v[1]["buttons"].pop(), "the buttons of the two languages differ"),
        (_button(0, 0, "payload", "/deny"), "the buttons of the two languages differ"),
        (_button(0, 1, "title", " "), "a button has no title"),
        (_button(1, 0, "title", ""), "a button has no title"),
    ],
)
def test_a_broken_response_is_named(breaking: Callable[[Variations], Any], fault: str) -> None:
    variations = good()
    breaking(variations)
    faults = list(response_faults({"utter_fine": good(), "utter_refund": variations}))
    assert len(faults) == 1
    assert faults[0].startswith("data/responses: utter_refund: ")
    assert fault in faults[0]


def reworded() -> Variations:
    """The same response with a second wording in each language."""
    first = good()
    second = [
        {**first[0], "text": "{amount} 会退回，订单号 {order}。"},
        {**first[1], "text": "You get {amount} back for {order}."},
    ]
    return [*first, *copy.deepcopy(second)]


def test_a_response_may_have_several_wordings() -> None:
    assert list(response_faults({"utter_refund": reworded()})) == []
    neutral: Variations = [{**CHINESE, "text": "{body}"}, {"text": "{body}"}]
    assert list(response_faults({"utter_text": neutral})) == []


@pytest.mark.parametrize(
    ("breaking", "faults"),
    [
        (lambda v: v.pop(2), ["needs as many wordings in English as in Chinese, at least one"]),
        (_change(3, "text", " "), ["a text is empty", "the placeholders of its wordings differ"]),
        (
            lambda v: (v[2].update(text="订单 {order} 会退。"), v[3].update(text="{order} comes back.")),
            ["the placeholders of its wordings differ"] * 2,
        ),
        (
            _change(2, "text", "可以退 {amount}。"),
            ["placeholders differ: ['order']", "the placeholders of its wordings differ"],
        ),
        (
            _change(3, "text", "Good news. Order {order} can be refunded: {amount}."),
            [
                "two wordings have the same sentence: Order {order} can be refunded",
            ],
        ),
        (
            _change(2, "text", "订单 {order} 可以退 {amount}。"),
            [
                "two wordings have the same sentence: 订单 {order} 可以退 {amount}",
                "two wordings have the same sentence: 订单 {order} 可以退 {amount}。",
            ],
        ),
        (
            lambda v: (v[2]["buttons"].pop(), v[3]["buttons"].pop()),
            ["the buttons of its wordings differ"],
        ),
        (_button(2, 0, "payload", "/deny"), ["the buttons of the two languages differ"]),
        (_button(3, 0, "title", ""), ["a button has no title"]),
    ],
)
def test_a_broken_wording_is_named(breaking: Callable[[Variations], Any], faults: list[str]) -> None:
    variations = reworded()
    breaking(variations)
    assert list(response_faults({"utter_refund": variations})) == [f"data/responses: utter_refund: {f}" for f in faults]


def test_values_alone_are_no_common_sentence() -> None:
    wordings = (
        good()[1],
        {**good()[1], "text": "{order}. {amount}.\nYes."},
        {**good()[1], "text": "{order}. {amount}.\nNo."},
    )
    chinese = [
        {**good()[0], "text": text}
        for text in ("{order}：{amount}。甲", "{order}：{amount}。乙", "{order}：{amount}。丙")
    ]
    assert list(response_faults({"utter_refund": [*wordings, *chinese]})) == []


def test_placeholders_are_names_in_braces() -> None:
    assert placeholders("{order} bought {days} ago, {order}") == {"order", "days"}
    assert placeholders("plain") == set()


def domain(**responses: Variations) -> dict[str, Any]:
    return {"intents": ["affirm", {"deny": {"use_entities": []}}], "responses": responses}


def test_unknown_unused_and_misspelt_names_are_found() -> None:
    sources = {"actions/a.py": 'turn.say("utter_known")', "data/rules/a.yml": "- action: utter_in_rule"}
    misspelt = good()
    misspelt[0]["buttons"][0]["payload"] = '/afirm{"sure": true}'
    faults = list(name_faults(domain(utter_known=misspelt, utter_unused=good()), sources))
    assert faults == [
        "data/responses: utter_unused: no action, rule or story uses it",
        "utter_in_rule is used, but data/responses has no such response",
        "data/responses: utter_known: the button '好的' names the unknown intent 'afirm'",
    ]


def test_payloads_with_entities_name_their_intent() -> None:
    sources = {"actions/a.py": "turn.say('utter_known')"}
    variations = good()
    for variation in variations:
        variation["buttons"][0]["payload"] = '/affirm{"sure": true}'
    assert list(name_faults(domain(utter_known=variations), sources)) == []


def test_what_rasas_own_actions_say_is_used() -> None:
    assert list(name_faults(domain(utter_restart=good()), {})) == []


def test_names_that_code_composes_are_used() -> None:
    sources = {"actions/a.py": 'turn.say(f"utter_{asked}_wanted")\nturn.say(f"utter_device_{device.esim}", name=name)'}
    names = ["utter_email_wanted", "utter_device_yes", "utter_device", "utter_wanted"]
    faults = list(name_faults(domain(**{name: good() for name in names}), sources))
    assert [fault.split(": ")[1] for fault in faults] == ["utter_device", "utter_wanted"]


def test_unknown_and_unused_phrases_are_found() -> None:
    code = """
        say("known", voice)
        words.phrase(
            "in_words", day=day)
        turn.say("utter_known")
        phrase("unknown", "en")
        raise ApiError(404, "gone")
        raise ApiError(
            409, "twice")
        say(f"state_{state}", voice)
        name = "kept_in_a_table"
        anything = f"{state}_{kind}"
    """
    phrases = ["known", "in_words", "kept_in_a_table", "state_open", "state", "error_gone", "unused_open"]
    assert list(phrase_name_faults(phrases, {"a.py": code, "b.py": 'say(f"error_{error.code}", voice)'})) == [
        "error_twice is used, but data/responses has no such phrase",
        "unknown is used, but data/responses has no such phrase",
        "data/responses: phrase state: no code uses it",
        "data/responses: phrase unused_open: no code uses it",
    ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the checks of languages read, to be broken."""
    shutil.copy(ROOT / "domain.yml", tmp_path)
    for name in ("actions", "aftercare"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    for name in ("nlu", "responses", "rules", "stories"):
        shutil.copytree(ROOT / "data" / name, tmp_path / "data" / name)
    shutil.copy(ROOT / "data/intent_names.yml", tmp_path / "data")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "DATA", tmp_path / "data")
    return tmp_path


def edit_yaml(path: Path, change: Callable[[Any], Any]) -> None:
    content = read_yaml(path)
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_an_unbroken_copy_has_no_faults(project: Path) -> None:
    assert language_faults() == []


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        (f"{SAID}/zh/how_to.yml", lambda d: d["responses"].pop("utter_hotspot"), "utter_hotspot: needs as many"),
        (
            "data/rules/plans.yml",
            lambda d: d["rules"][0]["steps"].append({"action": "utter_gone"}),
            "utter_gone is used",
        ),
        (f"{SAID}/en/how_to.yml", lambda d: d["responses"].update(utter_nobody=[{}]), "utter_nobody: no action"),
        (f"{SAID}/en/how_to.yml", lambda d: d.update(phrases={"alone": "so"}), "alone: exists in one language only"),
        (f"{SAID}/en/desk.yml", lambda d: d["phrases"].pop("error_origin"), "error_origin is used, but data/responses"),
        (f"{SAID}/en/desk.yml", lambda d: d["phrases"].update(lonely="so"), "phrase lonely: no code uses it"),
        ("data/intent_names.yml", lambda d: d["request_refund"].pop("zh"), "request_refund: needs en and zh"),
        ("data/intent_names.yml", lambda d: d.update(dance={"en": "dance", "zh": "跳舞"}), "dance: no such intent"),
    ],
)
def test_a_fault_in_a_file_is_found(project: Path, name: str, change: Callable[[Any], Any], fault: str) -> None:
    edit_yaml(project / name, change)
    assert any(fault in found for found in language_faults())


def test_training_data_in_one_language_only_is_found(project: Path) -> None:
    (project / "data/nlu/zh/refunds.yml").unlink()
    assert "data/nlu: refunds.yml exists in one language only" in language_faults()


def test_a_faulty_catalogue_is_reported_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise checks.CatalogueError("data/catalogue/plans.yml:41: plans[3].price_minor: not a number")

    monkeypatch.setattr(checks, "load_catalogue", load)
    assert data_faults() == ["data/catalogue/plans.yml:41: plans[3].price_minor: not a number"]


def test_faults_of_playbooks_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "validate_playbooks", lambda: ["step.apn: nothing leads to it"])
    assert data_faults() == ["data/playbooks: step.apn: nothing leads to it"]

    def malformed() -> list[str]:
        raise checks.CatalogueError("data/playbooks/steps/line.yml:3: steps[0]: not a mapping")

    monkeypatch.setattr(checks, "validate_playbooks", malformed)
    assert data_faults() == ["data/playbooks/steps/line.yml:3: steps[0]: not a mapping"]


def test_what_is_shipped_has_no_faults() -> None:
    assert language_faults() == []
    assert data_faults() == []


def test_the_command_fails_when_there_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("data_faults", "training_faults"):
        monkeypatch.setattr(checks, name, list)
    monkeypatch.setattr(checks, "language_faults", lambda: ["data/responses: utter_x: a text is empty"])
    assert checks.main() == 1
    assert "utter_x: a text is empty" in capsys.readouterr().out
    monkeypatch.setattr(checks, "language_faults", list)
    assert checks.main() == 0


def test_a_question_of_an_article_that_is_a_training_sentence_is_a_fault() -> None:
    known = {compared("Is Hotspot included?"): "en/how_to.yml:7", compared("no such question"): "en/how_to.yml:8"}
    assert list(asked_elsewhere(known)) == [
        "data/articles/en/hotspot.yml: 'is hotspot included' stands in data/nlu/en/how_to.yml:7 as well"
    ]
