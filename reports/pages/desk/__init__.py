"""The desk's pages on one case: its forms, what is said of it, pairs that may be one, and entry on behalf of others."""
