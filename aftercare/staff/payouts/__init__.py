"""The money of refunds: what staff have to pay, what a provider is paying, and the switch of automatic approvals."""
