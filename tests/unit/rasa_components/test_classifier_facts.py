"""A message of facts alone is an answer, however its pieces are written."""

import pytest

from aftercare.understanding.reading import only_facts


@pytest.mark.parametrize("words", [["<order_number>"], ["<order_number>", ",", "<email>"], ["<device>", "。"]])
def testonly_facts(words: list[str]) -> None:
    assert only_facts(words)


@pytest.mark.parametrize("words", [[], [","], ["refund", "<order_number>"], ["<device>", "支持", "吗"]])
def test_more_than_facts(words: list[str]) -> None:
    assert not only_facts(words)
