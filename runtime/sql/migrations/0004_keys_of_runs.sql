ALTER TABLE runs ADD COLUMN key TEXT;
ALTER TABLE runs ADD COLUMN given TEXT;

CREATE UNIQUE INDEX runs_by_key ON runs (key) WHERE key IS NOT NULL AND status NOT IN ('failed', 'cancelled', 'killed');
