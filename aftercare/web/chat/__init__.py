"""The chat API: sessions, messages, events, pictures; nothing accepted is lost, nothing is answered twice."""
