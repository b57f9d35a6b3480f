"""Refunds and exchanges: asked for, confirmed, followed, withdrawn, and the terms behind them."""
