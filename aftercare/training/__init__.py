"""Makes models and measures them."""
