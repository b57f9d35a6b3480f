"""The inbox's small parts: words of a search, filters of an address, waiting time, masking, ready replies, scripts."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.language import LANGUAGES, Language
from aftercare.base.masking import mask, mask_email, mask_name, mask_text
from aftercare.base.settings import ROOT, settings
from aftercare.base.yaml_data import read_yaml
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.conversations.reading import FALLBACK, TurnReading
from aftercare.staff.inbox import labels
from aftercare.staff.inbox.canned import canned_replies
from aftercare.staff.inbox.filters import Cursor, Filters
from aftercare.staff.inbox.indexing import terms_of
from aftercare.staff.inbox.list_view import ago
from aftercare.staff.inbox.search_words import search_words, words_of
from aftercare.staff.inbox.waiting_times import support_minutes, waiting_time
from aftercare.staff.ui.names import entity_name, intents, readable
from aftercare.staff.ui.reading_words import ReadingWords, command_groups, teachable
from aftercare.staff.ui.texts import texts
from aftercare.understanding.commands import SIMPLE, parse
from aftercare.understanding.reader.context import SITUATIONS
from aftercare.understanding.reader.examples import TurnExample
from tests.support.order_rows import terms

AUCKLAND = ZoneInfo("Pacific/Auckland")


def matches(search: str, text: str) -> bool:
    """What the index does, without a database."""
    said = words_of(text)
    return all(
        any(word.startswith(each.word) if each.prefix else word == each.word for word in said)
        for each in search_words(search)
    )


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("退款", "我的退款没到账"),
        ("到账", "我的退款没到账"),
        ("退款 到账", "退款什么时候才能到账啊"),
        ("慢", "网速很慢"),
        ("激活不了", "我的eSIM激活不了"),
        ("退款", "想要退款"),
        ("網路", "网路不通"),
        ("ESIM", "my eSIM is slow"),
        ("refund", "two refunds, please"),
        ("nz10000006", "订单ＮＺ１００００００６"),
        ("wang@example.com", "it is wang@example.com."),
        ("😡", "still nothing 😡😡"),
        ("👍🏽", "ok 👍🏽"),
        ("100%", "charged to 100 %"),
        ("%", "50% off?"),
        ("_", "error_code"),
        ("¥", "¥29"),
        ("Visitor 3f2a1b", "3f2a1b"),
        ("访客 3f2a1b", "3f2a1b"),
    ],
)
def test_found(search: str, text: str) -> None:
    assert matches(search, text)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("退款", "退一款"),
        ("refund", "fund"),
        ("激活", "活动"),
        ("refund slow", "my refund"),
        ("100%", "100 MB"),
        ("单反", "订单反馈了"),
    ],
)
def test_not_found(search: str, text: str) -> None:
    # two characters that meet by chance are found as well: pairs know no words
    assert matches(search, text) is (search == "单反")


@given(st.text(max_size=200))
def test_any_text_can_be_indexed_and_found_again(text: str) -> None:
    assert all(0 < len(word) <= 40 for word in words_of(text))
    assert matches(text, text)


@given(st.dictionaries(st.sampled_from([f.name for f in fields(Filters)]), st.text(max_size=30)))
def test_any_address_can_be_read_and_written(query: dict[str, str]) -> None:
    filters = Filters.read(query)
    filters.days(AUCKLAND)
    filters.minutes()
    filters.tenths()
    assert Filters.read(dict(parse_qsl(filters.query()))) == filters


def test_filters_are_a_link() -> None:
    filters = Filters.read(
        {"tab": "all", "q": "退款 a&b", "certain_from": "3", "unknown": "x", "date_to": "2026-13-01"}
    )
    assert filters.query().startswith("tab=all&q=%E9%80%80%E6%AC%BE+a%26b&certain_from=3")
    assert filters.narrow == ("q", "certain_from", "date_to")
    assert filters.tenths() == range(3, 10)
    assert filters.days(AUCKLAND) == (None, None)
    assert Filters.read({"tab": "nonsense"}).tab == "person"


def test_a_day_is_one_of_support_s_timezone() -> None:
    first, end = Filters(date_from="2026-09-27", date_to="2026-09-27").days(AUCKLAND)
    assert first is not None
    assert end is not None
    assert end.timestamp() - first.timestamp() == 23 * 3600  # the clocks go forward that night


def test_a_wait_is_told_by_the_clock_and_in_support_hours() -> None:
    friday = datetime(2026, 11, 20, 19, 50, tzinfo=AUCKLAND)  # ten minutes before the end of the day
    saturday = datetime(2026, 11, 21, 9, 3, tzinfo=AUCKLAND)
    assert waiting_time(friday, friday + timedelta(minutes=5)).words("en") == "Waiting 5 min"
    assert waiting_time(friday, saturday).words("en") == "Waiting 13 h (13 min in support hours), due soon"
    assert waiting_time(friday, saturday).words("zh") == "已等 13 小时（服务时间内 13 分钟），快超时"
    assert waiting_time(friday, saturday + timedelta(days=3)).words("en").startswith("Waiting 3 days (")


def test_every_intent_and_entity_has_a_name() -> None:
    described = read_yaml(ROOT / "domain.yml")
    entities = [each if isinstance(each, str) else next(iter(each)) for each in described["entities"]]
    for language in LANGUAGES:
        assert [name for name in (*intents(), FALLBACK) if readable(name, language) == name] == []
        assert [name for name in entities if entity_name(name, language) == name] == []


def test_a_cursor_survives_its_address() -> None:
    cursor = Cursor(datetime(2026, 11, 22, 3, 4, 5, 678901, tzinfo=UTC), 42)
    assert Cursor.read(str(cursor)) == cursor
    assert Cursor.read("now-1") is None
    assert Cursor.read("9999999999999999999-1") is None


def test_waiting_counts_support_hours_only() -> None:
    friday = datetime(2026, 11, 20, 19, 50, tzinfo=AUCKLAND)  # ten minutes before the end of the day
    saturday = datetime(2026, 11, 21, 9, 3, tzinfo=AUCKLAND)
    assert support_minutes(friday, saturday) == 13
    assert waiting_time(friday, saturday).level == "soon"
    assert waiting_time(friday, friday + timedelta(minutes=5)).level == "ok"
    assert waiting_time(friday, saturday + timedelta(minutes=2)).level == "late"
    assert support_minutes(friday - timedelta(days=4000), saturday) > 10_000


def test_what_identifies_is_hidden() -> None:
    assert mask("8944000000000000123") == "••••0123"
    assert mask("1234") == "••••"
    assert mask(None) == ""
    assert mask_email("wang@example.com") == "w••••@example.com"
    assert mask_name("Wang Li") == "W•••• L••••"


def test_ready_replies_speak_the_traveller_s_script() -> None:
    reply = next(each for each in canned_replies() if each.id == "checking")
    assert "KiwiRoam" in reply.filled("en", None, {"provider": "KiwiRoam"})
    assert "{provider}" in reply.filled("en", None, {})
    assert "關閉頁面" in reply.filled("zh", "hant", {"provider": "KiwiRoam"})


def test_a_wrong_ready_reply_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "replies.yml"
    file.write_text("- id: a\n  title: {en: A, zh: 甲}\n  text:\n    en: Hello {nmae}\n    zh: 您好\n")
    with pytest.raises(CatalogueError, match=r"replies.yml:4.*nmae"):
        canned_replies(file)


def test_the_fallback_is_no_certainty() -> None:
    understood = TurnReading.from_json({"intent": "nlu_fallback", "confidence": 0.97})
    assert understood.low
    assert ("confidence", "0") in set(terms_of(understood))
    assert TurnReading.from_json({"intent": "ask_apn", "confidence": 1.0}).certainty == 1.0
    assert ("understood", "ask_apn@9") in set(terms_of(TurnReading.from_json({"intent": "ask_apn", "confidence": 1.0})))
    assert TurnReading.from_json(None).intent is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NZ10000005 mei@example.com", "NZ10000005 m••••@example.com"),
        ("邮箱是mei.lin@example.co.nz，谢谢", "邮箱是m••••@example.co.nz，谢谢"),
        ("ICCID 8964050000000000008", "ICCID ••••0008"),
        ("call +64 21 555 0100 please", "call ••••0100 please"),
        ("激活码 KA0E6-A16A3-B39F6。", "激活码 ••••。"),
        ("LPA:1$smdp.example.com$A1B2 ok", "•••• ok"),
        ("see https://help.example.com/media/abc.def now", "see •••• now"),
        (
            "bought on 2026-11-20 10:12 for NZ$22.90, 2.4 GB of 5 GB",
            "bought on 2026-11-20 10:12 for NZ$22.90, 2.4 GB of 5 GB",
        ),
        ("dial *#06#, T000001, https://www.example.com/help", "dial *#06#, T000001, https://www.example.com/help"),
    ],
)
def test_what_was_said_is_hidden_where_it_identifies(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_order_numbers_of_any_shop_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDER_NUMBER_PATTERNS", "ORD-dddddddd SHOP-dddd-dddd")
    settings.cache_clear()
    text = "ORD-20240118 and SHOP-2024-0118, call 0215550100"
    assert mask_text(text) == "ORD-20240118 and SHOP-2024-0118, call ••••0100"
    settings.cache_clear()


def test_how_a_message_was_read_is_said_in_words() -> None:
    english, chinese = ReadingWords("en"), ReadingWords("zh")
    assert english.situation("step", "roaming").startswith("Had given a step to try: ")
    assert english.situation("question", "phone").startswith("Had asked about the fault: Which phone are you using?")
    assert english.situation("told", "usage") == "Had answered a question: data used"
    assert chinese.situation("done", "refund") == "之前办好了一件事：退款"
    assert english.situation("idle", "") == "Nothing was asked"
    assert english.situation("finding", "gone_from_data") == "Had told what it found: gone from data"
    assert english.command("start:request_refund") == "Begins: I want a refund"
    assert chinese.command("start:report_fault") == "提出：出了故障，没说是什么"
    assert (english.command("speak:zh"), english.command("speak:ja")) == (
        "Wants to be answered in Chinese", "Wants to be answered in ja",
    )  # fmt: skip
    assert english.command("sings") == "sings"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_situation_and_command_has_words(language: Language, shipped_turns: tuple[TurnExample, ...]) -> None:
    words = ReadingWords(language)
    groups = dict(command_groups())
    offered = [label for labels in groups.values() for label in labels]
    assert len(offered) == len(set(offered))
    assert {parse(label).name for label in offered} == {*SIMPLE, "step", "observe", "start", "speak"}
    assert all(teachable(label) and words.command(label) not in ("", label) for label in offered)
    assert len({words.command(label) for label in offered}) == len(offered)
    assert {each.context.situation for each in shipped_turns} == set(SITUATIONS)
    taught = {(each.context.situation, each.context.asked) for each in shipped_turns}
    subjects = {asked for situation, asked in taught if asked and situation in ("told", "done")}
    assert all(f"reading.subject_{asked}" in texts() for asked in subjects)
    assert all(f"reading.group_{group}" in texts() for group in groups)


def test_rules_steps_and_tickets_are_said_in_words() -> None:
    window = {"name": "window", "passed": True, "figure": 3, "limit": 7, "unit": "days"}
    assert labels.rule(window, "NZD", "en") == "3 days gone by; the provider allows 7"
    assert labels.rule(window, "NZD", "en", terms()) == "bought 3 days ago; KiwiRoam allows 7"
    assert (
        labels.rule({"name": "data_limit", "figure": 2458, "limit": 500, "unit": "mb"}, "NZD", "zh")
        == "已用 2.4 GB；商家 允许 500 MB"
    )
    assert (
        labels.rule({"name": "fee", "figure": 500, "limit": 2290, "unit": "money"}, "NZD", "en")
        == "handling fee NZ$5.00 (NZ$5.00 / NZ$22.90)"
    )
    valid = {"name": "expiry", "passed": True, "figure": 0, "limit": 0, "unit": "days"}
    assert labels.rule(valid, "NZD", "en") == "plan still valid"
    assert labels.rule({"name": "brand_new", "figure": None, "limit": None}, "NZD", "en") == "brand_new"
    said = labels.steps(["step.vpn_off", "finding.released", "step.vpn_off", "low_data_off", "unheard_of"], "en")
    assert [name for name, _ in said] == ["step.vpn_off", "low_data_off", "unheard_of"]
    assert said[0][1].startswith("A VPN or ad blocker")
    assert "{" not in str(said)
    facts = dict(labels.ticket_facts({"order": "NZ1", "symptom": "slow", "device": None, "company": True}, "zh"))
    assert facts == {"问题": "网速慢", "公司抬头": "是"}
    for language, said in (("en", ("iPhone XR", "New Zealand")), ("zh", ("iPhone XR", "新西兰"))):
        facts = dict(labels.ticket_facts({"device": "apple-iphone-xr", "place": "NZ"}, language))
        assert tuple(facts.values()) == said
    facts = dict(labels.ticket_facts({"device": "Nokia 3310", "place": "Auckland"}, "zh"))
    assert tuple(facts.values()) == ("Nokia 3310", "奥克兰")


def test_what_happened_this_minute_is_just_now() -> None:
    now = datetime(2026, 11, 20, 19, 50, tzinfo=AUCKLAND)
    assert ago(now - timedelta(seconds=59), now) == ("inbox.now", 0)
    assert ago(now - timedelta(seconds=60), now) == ("inbox.minutes", 1)


def test_every_rule_of_the_refund_terms_has_its_words() -> None:
    names = set(
        re.findall(
            r'Rule\("(\w+)"', (ROOT / "aftercare" / "orders" / "refunds" / "decide.py").read_text(encoding="utf-8")
        )
    )
    assert len(names) > 10
    for language, passed in itertools.product(LANGUAGES, (True, False)):
        said = {name: labels.rule({"name": name, "passed": passed}, "NZD", language) for name in names}
        assert [name for name, words in said.items() if words == name] == []
