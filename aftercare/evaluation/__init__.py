"""Measures how well the assistant understands and converses."""
