"""Where a turn's answers go: hands them over after each action instead of at the turn's end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.trackers import DialogueStateTracker


class TurnOutput(CollectingOutputChannel):  # type: ignore[misc]
    """The output channel of one turn.

    `tracker` is the conversation as just read (None: a new one), then as the turn changes it; `acted` is awaited after
    each action, long before the turn is stored.
    """

    def __init__(
        self, tracker: DialogueStateTracker | None, acted: Callable[[DialogueStateTracker], Awaitable[None]]
    ) -> None:
        super().__init__()
        self.tracker = tracker
        self._acted = acted

    async def acted(self, tracker: DialogueStateTracker) -> None:
        """An action is done, and may have said something."""
        self.tracker = tracker
        await self._acted(tracker)
