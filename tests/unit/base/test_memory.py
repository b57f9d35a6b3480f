"""Memory that is free goes back to the system, again and again."""

from __future__ import annotations

import threading

import pytest

from aftercare.base import memory


def test_it_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    again, times = threading.Event(), []

    def given() -> None:
        times.append(1)
        if len(times) > 1:
            again.set()

    monkeypatch.setattr(memory, "give_back", given)
    memory.keep_giving_back(0.01)
    assert again.wait(10)


def test_what_gives_it_back_works_here() -> None:
    memory.give_back()
    memory.release_unused_memory()
