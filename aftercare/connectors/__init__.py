"""Connects the desk with a seller's shops, payments, mail and eSIM issuers; each connector is off until configured."""
