-- How often in a row a process has come back to a running run at the event seq, and ended before anything happened in it.
CREATE TABLE revivals (
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    times INTEGER NOT NULL
) STRICT;

-- What happened to the log itself: it was adopted, compacted, its clock was set.
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
