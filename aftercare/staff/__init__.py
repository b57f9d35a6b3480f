"""The support staff's part of the desk, all under /desk."""
