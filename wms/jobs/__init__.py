"""Work that nobody waits for: a background runner and its schedule."""
