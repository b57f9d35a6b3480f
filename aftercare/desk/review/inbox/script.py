"""Writes a conversation down as a test script, in the format of tests/conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from aftercare.desk.review.inbox.thread import Line
from aftercare.desk.store import BACK_TO_ASSISTANT
from aftercare.desk.tables import KINDS

MESSAGE = KINDS[0]
# these answers are the desk's own, not the assistant's
_OURS = "desk_"


def as_script(name: str, language: str, lines: Sequence[Line]) -> str:
    """The traveller's lines and the names of what the assistant answered to each; what people said is left out.

    What was understood badly stays as it happened: whoever keeps the script puts in what should have been answered.
    """
    steps: list[dict[str, Any]] = []
    for line in lines:
        if line.kind != MESSAGE:
            continue
        if line.sender == "traveller" and line.status == "answered" and line.payload != BACK_TO_ASSISTANT:
            steps.append({"choose": line.payload} if line.payload else {"user": {language: line.text}})
        elif line.sender == "assistant" and steps and line.name and not line.name.startswith(_OURS):
            steps[-1].setdefault("replies", []).append(line.name)
    script = [{"script": name, "languages": [language], "steps": steps}]
    return str(yaml.safe_dump(script, allow_unicode=True, sort_keys=False, width=120))
