"""The diagnosis in a conversation: the playbooks of `aftercare.troubleshooting`, one step a turn."""
