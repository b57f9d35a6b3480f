"""Chat tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.conversations.tokens import TokenError, Tokens

SECRET = "a secret of more than thirty-two bytes"
NOW = datetime.now(UTC)


def test_a_token_says_what_was_signed() -> None:
    now = datetime.now(UTC)
    text, expires_at = Tokens(SECRET, 60).sign("abc", 7, now)
    token = Tokens(SECRET, 60).read(text)
    assert (token.conversation_id, token.generation, token.expires_at) == ("abc", 7, expires_at)
    assert timedelta(seconds=59) <= expires_at - now <= timedelta(seconds=60)


def test_a_token_expires() -> None:
    text, _ = Tokens(SECRET, 60).sign("abc", 1, NOW - timedelta(seconds=62))
    with pytest.raises(TokenError) as refused:
        Tokens(SECRET, 60).read(text)
    assert refused.value.code == "token_expired"


@given(st.data())
def test_no_changed_token_is_believed(data: st.DataObject) -> None:
    text, _ = Tokens(SECRET, 60).sign("abc", 1, NOW)
    # the last character of base64 carries bits that decoders ignore
    place = data.draw(st.integers(0, len(text) - 2))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != text[place]))
    with pytest.raises(TokenError):
        Tokens(SECRET, 60).read(text[:place] + other + text[place + 1 :])


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenError) as refused:
        Tokens(SECRET, 60).read(text)
    assert refused.value.code == "token_invalid"
