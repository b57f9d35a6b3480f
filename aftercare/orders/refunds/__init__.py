"""Refunds and exchanges: what the terms say, what is decided by them, and what an order can be exchanged for."""
