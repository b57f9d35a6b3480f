"""The inbox: the list of conversations, claiming and answering them, and deciding on refunds."""
