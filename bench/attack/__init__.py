"""`make attack`: attacks a stack of its own on this machine, bounded in number and time, and counts what came of it."""
