-- A run's state after the event seq, whose chain is head: a cache. form says how to read body.
CREATE TABLE snapshots (
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    form TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
