-- The coordination log, format 8. Equal to sql/migrations applied in order to an empty file (a test compares them).
--
-- meta    what the log is: identity (seeds every chain), created_at
-- epochs  one row for each time a process became owner; the highest one may write. in_flight: runs that it found running
-- graphs  compiled programs; a run is pinned to the one it started with
-- runs    one head for each run: written when its status changes, never for each event
--         key: what it was started under, held until it fails, or is cancelled or killed; given: digests of its input
--         progress, percent: what the program itself says about how far it is
-- events  the truth: a run is the fold of its rows in order of seq. Rows are added, never changed
--         large = 0: body is the encoded event; 1: body is the key of its bytes in vals
--         chain: 16 bytes over body and the row before it in its run
-- waits, arrivals, verdicts   what runs wait for, what has come, what became of commands: all of it in the commit of its
--         events
-- vals    what does not fit in a row, by the hash of its bytes

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
    wake_at TEXT,
    key TEXT,
    given TEXT,
    progress TEXT,
    percent INTEGER
) STRICT;

CREATE INDEX runs_live ON runs (number) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX runs_by_key ON runs (key) WHERE key IS NOT NULL AND status NOT IN ('failed', 'cancelled', 'killed');

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

-- A run's state after the event seq, whose chain is head: a cache. form says how to read body.
CREATE TABLE snapshots (
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    form TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- How often in a row a process has come back to a running run at the event seq, and ended before anything happened in it.
CREATE TABLE revivals (
    run INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    times INTEGER NOT NULL
) STRICT;

-- How far the schedules of triggers are: due times up to judged are decided. previous: the one that the run was for;
-- queued: one whose run begins when that one has ended.
CREATE TABLE schedules (
    "trigger" TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    judged TEXT NOT NULL,
    previous TEXT,
    run INTEGER,
    queued TEXT
) STRICT;

-- What happened to the log itself: it was adopted, compacted, its clock was set.
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- sqlite-utils' own record of the migrations, as it would make it.
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);

CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
