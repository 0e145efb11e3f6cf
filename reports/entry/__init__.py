"""Reports that the staff enter for somebody: one by one, from a list of another channel, and the answers that go back to it."""
