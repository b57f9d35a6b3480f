"""What ends a turn that cannot be finished now."""

from __future__ import annotations

import asyncio


class TurnCancelled(asyncio.CancelledError):
    """The turn cannot be finished now; nothing of it was stored, and the same message may be sent again.

    Rasa swallows every `Exception` of an action and stores a turn without an answer; a cancellation it passes on.
    """
