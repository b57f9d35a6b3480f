"""A message of facts alone is an answer, however its pieces are written."""

import pytest

from aftercare.assistant.classifier import _only_facts


@pytest.mark.parametrize("words", [["<order_number>"], ["<order_number>", ",", "<email>"], ["<device>", "。"]])
def test_only_facts(words: list[str]) -> None:
    assert _only_facts(words)


@pytest.mark.parametrize("words", [[], [","], ["refund", "<order_number>"], ["<device>", "支持", "吗"]])
def test_more_than_facts(words: list[str]) -> None:
    assert not _only_facts(words)
