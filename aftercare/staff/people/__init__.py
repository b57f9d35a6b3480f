"""Members of staff: signing in, invitations, roles, sessions, and the audit log."""
