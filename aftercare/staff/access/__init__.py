"""Who staff are and what they may do."""
