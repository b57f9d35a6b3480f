"""Custom actions: thin, from Rasa's tracker to the order database and back to words."""
