"""What a seller offers: plans, providers, devices and terms, read from data/catalogue."""
