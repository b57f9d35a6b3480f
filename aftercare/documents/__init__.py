"""Files a traveller may fetch: the QR code, the invoice, the usage records; and the signed links to them."""
