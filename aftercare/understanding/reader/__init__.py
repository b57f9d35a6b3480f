"""Reads a message in its context into commands."""
