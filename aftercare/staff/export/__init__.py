"""Conversations written down without personal data, for the inbox and the teaching pages."""
