"""A desk after a year: a million messages, and what its pages cost."""
