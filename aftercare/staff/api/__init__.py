"""The staff API: what the desk's pages do, for other systems with a key."""
