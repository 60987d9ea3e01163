CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE epochs (
    epoch INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    in_flight TEXT NOT NULL
) STRICT;

CREATE TABLE graphs (
    hash TEXT NOT NULL PRIMARY KEY,
    text BLOB NOT NULL
) STRICT;

-- AUTOINCREMENT: a number is never used again, even after its run has been deleted.
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    graph TEXT NOT NULL,
    cell TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    wake_at TEXT
) STRICT;

CREATE INDEX runs_live ON runs (number) WHERE ended_at IS NULL;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    large INTEGER NOT NULL,
    body BLOB NOT NULL,
    chain BLOB NOT NULL,
    UNIQUE (run, seq)
) STRICT;

CREATE TABLE vals (
    hash BLOB NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
