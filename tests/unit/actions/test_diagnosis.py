"""What a message says of the step just given: it works, it does not, or only that the step was understood."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from actions.diagnosis import only_acknowledges
from actions.turn import Turn


def turn(text: str, intent: str = "affirm") -> Turn:
    """A turn as far as these questions read it."""
    nothing: Any = SimpleNamespace(text=text, intent=intent, entity=lambda name: None, entities=lambda name: [])
    return cast(Turn, nothing)


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "OK!",
        "好的",
        "嗯嗯",
        "收到",
        "👍",
        "trying it now",
        "ok 我试试",
        "one sec",
        "稍等",
        "I haven't tried that yet",
        "还没试",
    ],
)
def test_understood(text: str) -> None:
    assert only_acknowledges(turn(text))


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "可以了",
        "好了",
        "ok it works now",
        "tried it, no change",
        "ok still nothing",
        "试过了",
        "还是不行",
        "done",
    ],
)
def test_an_outcome(text: str) -> None:
    assert not only_acknowledges(turn(text))
