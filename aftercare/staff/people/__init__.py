"""Members of staff: signing in, invitations, roles, sessions, and the record of what they did."""
