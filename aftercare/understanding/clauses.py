"""Where sentences and clauses of a message end."""

from __future__ import annotations

import re

_MARKS, _QUESTION_MARKS = r",.;!\n，。；！", "?？"
MARKS = _MARKS + _QUESTION_MARKS
"""What ends a clause wherever it stands, as characters of a pattern."""

_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*|\n+")


def clause_ends(marks: str = "", words: str = "", *, at_questions: bool = True) -> re.Pattern[str]:
    """A pattern to split text into clauses: at `MARKS`, at one of the characters `marks`, and at `words`, a pattern.

    Without `at_questions` a question stays with what follows it, so that the clause is seen to ask.
    """
    ends = (MARKS if at_questions else _MARKS) + marks
    return re.compile(f"[{ends}]|{words}" if words else f"[{ends}]", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its mark, without blanks around it."""
    return [sentence for each in _SENTENCE.split(text) if (sentence := each.strip())]
