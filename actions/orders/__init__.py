"""Questions about the verified order: its QR code, status, usage, payment and invoice."""
