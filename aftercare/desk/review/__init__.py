"""Where support staff read conversations, take over, and teach the assistant."""
