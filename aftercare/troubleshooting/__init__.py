"""Playbooks for faults: from an order's facts and the traveller's answers to the next thing to say, without Rasa."""

from aftercare.troubleshooting.player import answer, begin, pending
from aftercare.troubleshooting.situation import Advice, Choice, Situation, State, Symptom

__all__ = ["Advice", "Choice", "Situation", "State", "Symptom", "answer", "begin", "pending"]
