"""Playbooks for faults: from an order's facts and the traveller's answers to the next thing to say, without Rasa."""
