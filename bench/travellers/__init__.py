"""Travellers who do not keep to the point, for bench/simulate.py."""
