"""Facts come first: each demo order, and each fact that ends or turns a diagnosis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aftercare.orders.facts import CoveredNetwork
from aftercare.troubleshooting.player import answer, begin
from aftercare.troubleshooting.situation import Situation
from tests.support.order_samples import DAY, DEMO, NOT_DELIVERED, NOW, OUTAGE, order, unused

# order, symptom → finding, an offer it must make, what follows in the same turn
PROMISED = [
    ("NZ10000001", "activation", "finding.released", "show_qr", "step.install_qr"),
    ("NZ10000002", "stopped", "finding.outside_coverage", "crossborder", None),
    ("NZ10000002", "no_service", "finding.outside_coverage", "usage_records", None),
    ("NZ10000003", "activation", "finding.released", "show_qr", "step.install_qr"),
    ("NZ10000004", None, "finding.released", "show_qr", "step.install_qr"),
    ("NZ10000005", "no_data", "finding.plan_fine", None, "step.data_line"),
    ("NZ10000006", "no_data", "finding.no_traffic", None, "step.data_line"),
    ("NZ10000006", None, "finding.no_traffic", None, "step.data_line"),
    ("NZ10000007", "activation", "finding.deleted", "reissue", None),
    ("NZ10000008", "no_service", "finding.released", "show_qr", "step.install_qr"),
    ("NZ10000009", "no_service", "finding.incident", None, "step.manual_network"),
    ("NZ10000009", None, "finding.incident", None, "step.manual_network"),
    ("NZ10000010", "slow", "finding.throttled", "plans", None),
    ("NZ10000010", "no_data", "finding.throttled_no_data", "plans", None),
    ("NZ10000011", "activation", "finding.not_delivered", "resend", None),
    ("NZ10000012", "no_service", "finding.before_arrival", None, None),
    ("NZ10000013", "activation", "finding.released", "show_qr", "step.install_qr"),
    ("NZ10000014", "activation", "finding.carrier_locked", "refund", None),
]


@pytest.mark.parametrize(("number", "symptom", "finding", "offer", "then"), PROMISED)
def test_demo_orders_get_what_the_readme_promises(number, symptom, finding, offer, then):
    advice, _ = begin(Situation(facts=DEMO[number], symptom=symptom))
    assert (advice.kind, advice.id) == ("finding", finding)
    assert offer is None or offer in advice.offers
    assert (advice.then.id if advice.then else None) == then
    assert "{" not in advice.text["en"] + advice.text["zh"]


def test_every_demo_order_is_covered():
    assert {row[0] for row in PROMISED} == set(DEMO)


def test_bars_without_internet_goes_through_the_switches_and_the_apn_of_this_plan():
    situation = Situation(facts=DEMO["NZ10000006"], symptom="no_data")
    advice, state = begin(situation)
    assert "6 GB" in advice.text["en"]
    assert "Spark" in advice.text["zh"]
    shown = [advice.then]
    for _ in range(3):
        step, state = answer(state, situation, "failed")
        shown.append(step)
    assert [step.id for step in shown] == ["step.data_line", "step.apn", "question.screen_data", "step.vpn_off"]
    assert "数据漫游" in shown[0].text["zh"]
    assert "pacifica.nz" in shown[1].text["en"]
    assert "pacifica.nz" in shown[1].text["zh"]
    assert "Settings > Connections > Mobile networks > Access Point Names" in shown[1].text["en"]
    assert "设置 > 连接 > 移动网络 > 接入点名称" in shown[1].text["zh"]


def test_the_apn_is_that_of_the_country_the_phone_is_in():
    facts = replace(DEMO["NZ10000006"], last_country="AU", last_operator="Telstra")
    situation = Situation(facts=facts, symptom="no_data", tried=frozenset({"data_line_set", "roaming_on"}))
    advice, _ = begin(situation)
    assert advice.then.id == "step.apn"
    assert "pacifica.au" in advice.then.text["en"]


def test_without_an_order_no_apn_is_named():
    situation = Situation(
        symptom="no_data", family="pixel", tried=frozenset({"data_line_set", "roaming_on", "airplane_mode", "vpn_off"})
    )
    advice, _ = begin(situation)
    assert advice.id == "step.apn_from_email"
    assert "order e-mail" in advice.text["en"]
    assert "订单邮件" in advice.text["zh"]


def test_an_incident_sends_to_the_other_network_of_the_plan():
    advice, _ = begin(Situation(facts=DEMO["NZ10000009"], symptom="no_service"))
    assert "A fibre was cut." in advice.text["en"]
    assert "皇后镇" in advice.text["zh"]
    assert "2degrees" in advice.then.text["en"]
    assert "One NZ" not in advice.then.text["en"]


def test_an_incident_on_the_only_network_says_so_instead_of_a_useless_step():
    facts = order(incident=OUTAGE, networks=(CoveredNetwork("NZ", "One NZ", "kiwiroam"),))
    advice, _ = begin(Situation(facts=facts, symptom="no_data"))
    assert advice.id == "finding.incident_wait"
    assert advice.then is None


def test_throttling_says_until_when_and_what_applies_until_then():
    advice, _ = begin(Situation(facts=DEMO["NZ10000010"], symptom="slow"))
    for figure in ("2 GB", "1 Mbps", "00:00 on Mon 23 Nov (NZ time)"):
        assert figure in advice.text["en"]
    assert "11月23日（周一）00:00（新西兰时间）" in advice.text["zh"]


def test_a_late_delivery_is_admitted():
    facts = replace(NOT_DELIVERED, delivery_due_at=NOW - timedelta(minutes=30))
    advice, _ = begin(Situation(facts=facts, symptom="activation"))
    assert advice.id == "finding.delivery_late"
    assert {"resend", "person"} <= set(advice.offers)


def test_before_arrival_says_when_validity_starts_and_believes_who_has_landed():
    facts = DEMO["NZ10000012"]
    situation = Situation(facts=facts, symptom="no_service")
    advice, state = begin(situation)
    assert "Japan" in advice.text["en"]
    assert "日本" in advice.text["zh"]
    assert "first connects" in advice.text["en"]
    bought, _ = begin(Situation(facts=replace(facts, plan_starts_at="purchase"), symptom="no_service"))
    assert "started when it was bought" in bought.text["en"]
    assert answer(state, situation, "understood")[0].id == "finding.ready_for_trip"
    assert answer(state, situation, "landed")[0].id == "step.line_on"
    there, _ = begin(Situation(facts=facts, symptom="no_service", location="Queenstown"))
    assert there.id == "finding.profile_off"
    assert there.then.id == "step.line_on"


def test_whoever_names_a_country_outside_the_plan_is_asked_whether_they_are_there():
    situation = Situation(facts=order(), symptom="stopped", destination="AU")
    advice, state = begin(situation)
    assert advice.id == "finding.named_country_outside"
    assert "Australia" in advice.text["en"]
    there, _ = answer(state, situation, "there")
    assert "crossborder" in there.offers
    home, _ = answer(state, situation, "not_there")
    assert home.id == "finding.plan_fine"


def test_whoever_says_to_be_back_is_not_told_to_be_abroad():
    situation = Situation(facts=DEMO["NZ10000002"], symptom="no_service", destination="NZ")
    assert begin(situation)[0].id == "finding.plan_fine_no_service"


@pytest.mark.parametrize(
    ("facts", "symptom", "finding", "offer"),
    [
        (order(status="payment_failed"), "activation", "finding.payment_failed", "person"),
        (order(status="cancelled"), "no_data", "finding.cancelled", "person"),
        (order(status="refunded"), "stopped", "finding.refunded", "refund_status"),
        (order(status="exchanged"), "no_service", "finding.exchanged", "resend"),
        (order(expires_at=NOW - DAY), "stopped", "finding.expired", "plans"),
        (unused(expires_at=NOW - DAY), "activation", "finding.expired_unused", "plans"),
        (order(data_used_mb=5120), "stopped", "finding.used_up", "top_up"),
        (order(data_used_mb=6000, top_up=False), "no_data", "finding.used_up_no_top_up", "plans"),
        (unused(device_esim="no"), "activation", "finding.device_without_esim", "refund"),
        (order(device_lte=False, registered=False), "no_service", "finding.device_3g_only", "refund"),
        (order(hotspot=False), "hotspot", "finding.hotspot_not_in_plan", "plans"),
        (order(), "calls_sms", "finding.data_only", None),
    ],
)
def test_facts_that_end_a_diagnosis(facts, symptom, finding, offer):
    advice, _ = begin(Situation(facts=facts, symptom=symptom))
    assert advice.id == finding
    assert offer is None or offer in advice.offers
    assert advice.then is None


def test_who_has_just_topped_up_is_not_told_to_top_up():
    advice, _ = begin(Situation(facts=order(data_used_mb=5120), symptom="stopped", tried=frozenset({"top_up_done"})))
    assert advice.id == "finding.top_up_pending"
    assert "top_up" not in advice.offers


def test_a_phone_in_hand_without_esim_counts_before_the_phone_of_the_order():
    from aftercare.catalogue.load import load_catalogue

    without = next(device for device in load_catalogue().devices if device.esim == "no" and device.lte)
    advice, _ = begin(Situation(facts=unused(), symptom="activation", device_id=without.id))
    assert advice.id == "finding.device_without_esim"


def test_an_esim_that_sits_in_another_phone_is_found_there():
    advice, _ = begin(Situation(facts=order(), symptom="activation", family="samsung"))
    assert advice.id == "finding.other_phone"
    assert "iPhone 15" in advice.text["en"]


@pytest.mark.parametrize("error", ["carrier_cannot_be_added", "no_sim_restrictions_missing"])
@pytest.mark.parametrize("facts", [None, unused()])
def test_a_lock_message_ends_without_steps(error, facts):
    advice, _ = begin(Situation(facts=facts, symptom="activation", error=error))
    assert advice.id == "finding.lock_message"
    assert "refund" in advice.offers


def test_an_installed_profile_is_never_scanned_again():
    for state in ("downloaded", "installed", "enabled", "disabled"):
        situation = Situation(facts=order(profile_state=state), symptom="activation")
        advice, position = begin(situation)
        shown = {advice.then.id}
        for _ in range(12):
            advice, position = answer(position, situation, "more" if advice.kind == "exhausted" else "failed")
            shown.add(advice.id)
        assert not shown & {"step.install_qr", "step.manual_code"}
