"""What the words of a message name on the screen, beside the reader."""

from __future__ import annotations

import pytest

from actions.screen import screen_words
from aftercare.understanding.screen_words import says_none


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("a tiny aeroplane", {"airplane_symbol"}),
        ("飞机", {"airplane_symbol"}),
        ("3G and a key", {"old_network", "vpn_symbol"}),
        ("an E", {"old_network"}),
        ("满格，还有 VPN 三个字母", {"bars", "vpn_symbol"}),
        ("the SIM icon is crossed out, wifi", {"no_sim", "wifi_symbol"}),
        ("I don't see a plane", set()),
        ("没有 VPN", set()),
        ("VPN is off", set()),
        ("do I need a VPN?", set()),
        ("下飞机以后就这样", set()),
    ],
)
def test_a_bare_name_answers_a_question_about_the_screen(text, signs):
    assert screen_words().signs_named(text, asked=True) == signs


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("same, there's a VPN badge up there", {"vpn_symbol"}),
        ("不管用，省流量的标志亮着", {"data_saver"}),
        ("I turned the VPN off", set()),
        ("set it to 3G as you said", set()),
        ("no change, bars are full, sites time out", {"no_data"}),
        ("能打开了，慢吞吞的", {"slow"}),
        ("四格信号", {"bars"}),
        ("not slow any more", set()),
        ("不慢了", set()),
    ],
)
def test_elsewhere_a_symbol_needs_a_word_for_the_screen_and_the_line_none(text, signs):
    assert screen_words().signs_named(text) == signs


def test_only_symbols_are_taken_from_a_first_message():
    assert screen_words().signs_named("no signal, the status bar says VPN", line=False) == {"vpn_symbol"}


@pytest.mark.parametrize(
    ("text", "amiss"),
    [
        ("changed it, it opens now, only terribly slowly", {"slow"}),
        ("信号回来了，网站还是超时", {"no_data"}),
        ("之前打不开，现在好了", set()),
        ("works, it was slow before", set()),
        ("all pages open", set()),
    ],
)
def test_success_with_a_fault_in_its_last_clause_is_none(text, amiss):
    assert screen_words().still_amiss(text) == amiss


@pytest.mark.parametrize("text", ["none of them", "nothing like that", "都没有", "一个也没看见", "no"])
def test_nothing_of_it(text):
    assert says_none(text)


@pytest.mark.parametrize("text", ["did it, nothing changed", "a plane", "有小飞机"])
def test_something_of_it(text):
    assert not says_none(text)
