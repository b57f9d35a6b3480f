"""The order database: what was bought, what became of it, and what may be done about it. Knows nothing of chat."""
