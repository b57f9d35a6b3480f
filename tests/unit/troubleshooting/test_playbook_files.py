"""The playbook files: sound as shipped, and every kind of slip is named with its place."""

from __future__ import annotations

import re
import shutil

import pytest

from aftercare.base import settings
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.orders.facts import CoveredNetwork, OpenIncident
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.troubleshooting.situation import Situation
from aftercare.troubleshooting.validate import LONGEST, validate_playbooks
from aftercare.troubleshooting.wording import fill
from tests.support.order_samples import NOW, order


def test_the_playbooks_have_no_fault():
    assert validate_playbooks() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("steps/line.yml", "{menu.roaming}。这条", "这条", "step.roaming: placeholders differ"),
        ("steps/line.yml", "{menu.roaming}", "{menu.roam}", "step.roaming: there is no menu roam"),
        ("steps/line.yml", "“{apn}”", "“{acces_point}”", "there is no placeholder {acces_point}"),
        ("steps/line.yml", "{apn}", "{apn", "step.apn, en: "),
        ("steps/line.yml", "tried_key: line_on", "tried_key: line_onn", "step.line_on: line_onn is not in tried_steps"),
        ("steps/network.yml", "sounds too simple", "much " * 80, "step.restart, en, iphone: "),
        ("questions.yml", "是下面哪一种情况？", "Which?", "question.calls: the Chinese text is not Chinese"),
        ("questions.yml", "then: finding.changed_phone", "then: finding.nowhere", "leads to finding.nowhere"),
        ("questions.yml", "id: new_phone, text: {en: \"I changed phones\", zh: \"我换了手机\"}", "id: new_phone",
         "question.stopped: choice new_phone has no text"),
        ("questions.yml", "id: pixel,", "id: nokia,", "question.phone: nokia must be both"),
        ("causes.yml", "{hotspot_on: 95}", "{restart: 95}", "step.hotspot_on: nothing leads to it"),
        ("causes.yml", "Te Anau", "Mordor", "cause weak_place: Mordor is not in regions.yml"),
        ("causes.yml", "{date_time: 97}", "{date_tine: 97}", "cause date_wrong: there is no step date_tine"),
        ("causes.yml", "{slow: 100}", "{slo: 100}", "cause weak_5g: there is no playbook slo"),
        ("causes.yml", "[home_line_data]", "[home_line]", "other_data_line: no rule of signs.yml is for home_line"),
        ("causes.yml", "step: open_place, minutes", "step: open_plaze, minutes", "there is no step open_plaze"),
        ("causes.yml", "question: screen_data", "question: screen_date", "there is no question screen_date"),
        ("questions.yml", "I changed phones", "I have changed my phone for another one", "at most 36 characters"),
        ("phrases.yml", "id: unknown_apn", "id: unknown_apnn", "phrases: unknown_apn is missing"),
        ("errors.yml", "key: not_supported", "key: unsupported", "error not_supported: has no fix"),
        ("steps/network.yml", "Did it help?", "Is it better?", "step.restart, en: again repeats a sentence of text"),
        ("steps/network.yml", "有用吗？", "现在怎么样？", "step.restart, zh: again repeats a sentence of text"),
        ("steps/network.yml", "Back to the restart", "Back " * 20, "step.restart (reminder), en, iphone: "),
        ("steps/network.yml", "The card can go back into slot 2.", "Put it back. " * 9, "step.second_slot (undo), en"),
        ("phrases.yml", "id: exhausted_again", "id: exhausted_agian", "phrases: exhausted_again is missing"),
        ("findings.yml", "covers: &looked [enabled_reg", "covers: &looked [enabled_ref", "covers enabled_ref"),
        ("findings.yml", "works: finding.record_says_ended", "works: finding.ended", "works leads to finding.ended"),
        ("signs.yml", "then: [step.airplane_off]", "then: [step.plane]", "step.plane is no finding or step"),
        ("signs.yml", "&online [no_service", "&online [no_sevice", "there is no playbook no_sevice"),
        ("signs.yml", "unless: [not_arrived]", "unless: [not_arived]", "signs: unless: no rule is for not_arived"),
        ("questions.yml", "seen: [abroad]", "seen: [abrod]", "choice border: no rule is for abrod"),
        ("findings.yml", "then: playbook.slow", "then: finding.released", "then must be a step, question or playbook"),
    ],
)  # fmt: skip
def test_slips_are_named(tmp_path, file, old, new, fault):
    folder = tmp_path / "playbooks"
    shutil.copytree(settings.PLAYBOOKS, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    assert any(fault in problem for problem in validate_playbooks(folder)), validate_playbooks(folder)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("when: [refunded]", "when: [refunnded]", r"findings\.yml:\d+: findings\[\d+\]\.when.*refunnded' is not"),
        ("offers: [reissue, person]", "offers: [reisue]", r"findings\.yml:\d+: findings\[\d+\]\.offers"),
        ("    reminder: {en: \"Back to your trip", "    remind: {en: \"Back to", r"findings\.yml:\d+: .*remind"),
        ("symptoms: [slow, unknown]", "symptoms: [slowish]", r"findings\.yml:\d+: findings\[\d+\]\.symptoms"),
        ("  - id: refunded", "  - id: cancelled", r"finding cancelled is given twice"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_with_its_file(tmp_path, old, new, fault):
    folder = tmp_path / "playbooks"
    shutil.copytree(settings.PLAYBOOKS, folder)
    path = folder / "findings.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_playbooks(folder)
    assert re.search(fault, str(raised.value))


def test_nothing_tells_the_traveller_to_delete_or_reinstall():
    books = load_playbooks()
    for step in books.steps.values():
        for words in (step.text, step.iphone):
            if words:
                for phrase in re.findall(r"[^.。]*(?:delet|reinstall|eras|remov)[^.。]*", words.en):
                    assert re.search(r"\b(don't|not)\b", phrase), phrase
                for phrase in re.findall(r"[^.。，]*(?:删除|重装|抹掉)[^.。，]*", words.zh):
                    assert re.search(r"不要|请勿|不能", phrase), phrase


def test_an_error_wording_belongs_to_one_message():
    seen: dict[str, str] = {}
    for entry in load_catalogue().error_messages:
        for alias in entry.aliases:
            assert seen.setdefault(alias.casefold(), entry.key) == entry.key
        assert any(re.search(r"[\u4e00-\u9fff]", alias) for alias in entry.aliases)
        assert any(re.search(r"[a-z]", alias) for alias in entry.aliases)


def test_findings_stay_short_with_the_longest_plan_and_country_names():
    catalogue = load_catalogue()
    wide = max(catalogue.plans, key=lambda plan: len({network.country for network in plan.networks}))
    named = max(catalogue.plans, key=lambda plan: len(plan.name_en))
    noisy = max(catalogue.incidents, key=lambda incident: len(incident.summary_en))
    facts = order(
        plan_en=named.name_en,
        plan_zh=named.name_zh,
        networks=tuple(CoveredNetwork(network.country, network.operator, network.apn) for network in wide.networks),
        incident=OpenIncident(noisy.operator, noisy.region, noisy.summary_en, noisy.summary_zh, NOW),
        throttled_until=NOW,
        fair_use_mb=2048,
        throttle_kbps=1000,
    )
    books = load_playbooks()
    for finding in books.findings.values():
        text = fill(finding.text, Situation(facts=facts, destination="AE"), "other", books)
        assert len(text["en"]) <= LONGEST["en"], finding.id
        assert len(text["zh"]) <= LONGEST["zh"], finding.id
