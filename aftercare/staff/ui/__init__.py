"""What every staff page shares: templates, texts, static files, masking, names."""
