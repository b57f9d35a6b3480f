"""The inbox: conversations to look at, to take over and to decide on."""
