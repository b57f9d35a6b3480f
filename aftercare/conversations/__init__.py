"""The core of every channel: messages, store, turns, reminders, staff actions; no HTTP framework."""
