"""Reads the text of pictures, in a process of its own, and picks what it says of the traveller's matter."""
