"""What holds in every state of a conversation: questions, another order, undoing, emergencies, languages."""
