"""Signed links: what we made opens for an hour, anything else never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.documents import links
from aftercare.documents.links import KINDS, LIFETIME, FileLink, FileLinkExpired, FileLinkInvalid
from aftercare.documents.locales import LOCALES

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SECRET = "a secret"
LINK = FileLink("invoice", "NZ10000002", "zh-Hant")

any_link = st.builds(
    FileLink, st.sampled_from(KINDS), st.integers(0, 99_999_999).map(lambda n: f"NZ{n:08d}"), st.sampled_from(LOCALES)
)


@given(any_link, st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_what_was_signed_is_read(link: FileLink, secret: str) -> None:
    assert links.read(links.sign(link, secret, NOW), secret, NOW) == link


def test_a_link_ends_after_an_hour() -> None:
    token = links.sign(LINK, SECRET, NOW)
    assert links.read(token, SECRET, NOW + LIFETIME - timedelta(seconds=1)) == LINK
    with pytest.raises(FileLinkExpired):
        links.read(token, SECRET, NOW + LIFETIME)


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    token = links.sign(LINK, SECRET, NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_.+/=é").filter(lambda character: character != token[place]))
    with pytest.raises(FileLinkInvalid):
        links.read(token[:place] + other + token[place + 1 :], SECRET, NOW)


@given(st.text(max_size=200))
def test_no_text_is_a_link_by_chance(text: str) -> None:
    with pytest.raises(FileLinkInvalid):
        links.read(text, SECRET, NOW)


def test_the_signature_of_one_order_opens_no_other() -> None:
    payload, _ = links.sign(FileLink("invoice", "NZ10000003", "en"), SECRET, NOW).split(".")
    _, signature = links.sign(FileLink("invoice", "NZ10000002", "en"), SECRET, NOW).split(".")
    with pytest.raises(FileLinkInvalid):
        links.read(f"{payload}.{signature}", SECRET, NOW)


@pytest.mark.parametrize("spoilt", ["{}=", " {}", "{}\n", "{}.", ".{}", "{}.AAAA", ""])
def test_a_link_has_one_spelling(spoilt: str) -> None:
    with pytest.raises(FileLinkInvalid):
        links.read(spoilt.format(links.sign(LINK, SECRET, NOW)), SECRET, NOW)


def test_another_secret_signs_other_links() -> None:
    with pytest.raises(FileLinkInvalid):
        links.read(links.sign(LINK, "another", NOW), SECRET, NOW)


def test_an_expired_forgery_is_a_forgery() -> None:
    with pytest.raises(FileLinkInvalid):
        links.read(links.sign(LINK, "another", NOW - timedelta(days=1)), SECRET, NOW)


def test_the_address_is_short_enough_for_a_chat_and_has_no_odd_characters() -> None:
    address = links.address(LINK, "https://shop.example.com", SECRET, NOW)
    assert address.startswith("https://shop.example.com/media/")
    token = address.rsplit("/", 1)[1]
    assert len(token) < 80
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
