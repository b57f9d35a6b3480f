"""Starts things: the command line, the launcher and the three processes."""
