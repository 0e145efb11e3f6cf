"""Signs with a QR code that name the place of a report: those that are known, new ones from a list, and sheets to print."""
