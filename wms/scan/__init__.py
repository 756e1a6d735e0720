"""Scanner screens: one prompt, one input, one answer; the server owns the state."""
