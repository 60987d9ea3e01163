-- What waits for something from outside, the oldest first: key NULL takes any. An event NULL is a task, form what it asks.
CREATE TABLE waits (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    call INTEGER NOT NULL,
    effect TEXT NOT NULL,
    place TEXT NOT NULL,
    since TEXT NOT NULL,
    event TEXT,
    key TEXT,
    form TEXT,
    UNIQUE (run, call)
) STRICT;

CREATE INDEX waits_by_event ON waits (event, key);

-- Events that have come. kept_until: still kept for a wait that comes later, with its data.
CREATE TABLE arrivals (
    number INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT,
    at TEXT NOT NULL,
    kept_until TEXT,
    data BLOB,
    run INTEGER,
    UNIQUE (event, id)
) STRICT;

CREATE INDEX arrivals_kept ON arrivals (event, key) WHERE kept_until IS NOT NULL;

-- What became of each command of the inbox.
CREATE TABLE verdicts (
    inbox_id TEXT NOT NULL PRIMARY KEY,
    verdict TEXT NOT NULL
) STRICT;
