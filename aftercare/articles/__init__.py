"""Help articles in both languages and the search over them, for questions no intent answers."""
