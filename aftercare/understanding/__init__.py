"""Reads messages: words, entities, intents and language, without Rasa."""
