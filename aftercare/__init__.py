"""Everything the assistant is built on."""
