"""What can be bought: plans, packs for several countries, long stays, top-ups, promotions, and where they work."""
