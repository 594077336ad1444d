-- What it takes beside a broker that is not our own, and beside other servers. Times are milliseconds since
-- 1970, UTC.

-- How far each room's log has been published on an external broker. No row: nothing of it yet.
CREATE TABLE outbox (
    room          BIGINT PRIMARY KEY REFERENCES rooms (id),
    published_seq BIGINT NOT NULL
);

-- What all servers on this database must agree on.
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Which servers are there: each notes now and then that it is.
CREATE TABLE servers (
    id         TEXT   PRIMARY KEY,
    version    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- An account's key for the broker is made anew with each generation.
ALTER TABLE accounts ADD COLUMN key_generation BIGINT NOT NULL DEFAULT 0;
