"""The pure core: what an event means. No clock, no randomness, no I/O."""
