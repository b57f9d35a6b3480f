"""A phone with a travel eSIM that breaks in the ways phones break, and travellers who are helped with it."""
