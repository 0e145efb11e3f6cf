"""The open interface of the analyses."""
