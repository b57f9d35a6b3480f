"""Chinese is cut by the words of our dictionary; whatever else stands there comes out character by character."""

import pytest

from aftercare.understanding.dictionary_words import dictionary_words


@pytest.mark.parametrize(
    ("run", "words"), [("漫游", ["漫游"]), ("流量热点", ["流量", "热点"]), ("犇猋骉", ["犇", "猋", "骉"]), ("", [])]
)
def test_only_our_words_stay_whole(run: str, words: list[str]) -> None:
    assert dictionary_words(run) == words


def test_nothing_is_lost() -> None:
    assert "".join(dictionary_words("在皇后镇漫游开了还是没有信号")) == "在皇后镇漫游开了还是没有信号"
