"""Two versions of a module compared: what changed, for whom it matters, and which version number the change needs."""
