"""Messages for the teaching queue that are alike, with and without sentence vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from aftercare.staff.teaching import similar
from aftercare.staff.teaching.similar import grouped

TEXTS = [
    "tell me a joke",
    "what is the weather",
    "please tell me a joke",
    "讲个笑话",
    "the weather today, what is it",
]


class StubEncoder:
    """Vectors by subject: of jokes along one axis, of the weather along the other."""

    def encode(self, texts: Sequence[str]) -> similar.Floats:
        return np.array([[1, 0] if "joke" in text or "笑话" in text else [0, 1] for text in texts], np.float32)


def test_without_an_encoder_letters_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "encoder", lambda: None)
    assert grouped(TEXTS) == [0, 1, 0, 2, 1]
    assert grouped([]) == []


def test_with_an_encoder_meaning_tells_across_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "encoder", StubEncoder)
    assert grouped(TEXTS) == [0, 1, 0, 0, 1]
    assert grouped([]) == []
