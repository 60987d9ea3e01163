CREATE TABLE schedules (
    "trigger" TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    judged TEXT NOT NULL,
    previous TEXT,
    run INTEGER,
    queued TEXT
) STRICT;
