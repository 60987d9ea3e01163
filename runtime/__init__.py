"""The durable runtime: a pure core, an append-only log, and the fabric that joins them to the world."""
