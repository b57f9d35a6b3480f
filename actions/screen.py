"""The words for signs of the screen, as the playbooks of this process name them."""

from __future__ import annotations

from functools import lru_cache

from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.understanding.screen_words import ScreenWords


@lru_cache(maxsize=1)
def screen_words() -> ScreenWords:
    """Finds the signs of `data/playbooks/signs.yml` in a text."""
    return ScreenWords(load_playbooks().sign_words)
