-- Accounts, rooms and the event logs. Times are milliseconds since 1970, UTC.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    password   TEXT,               -- Argon2id, PHC string; NULL: tokens only
    admin      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen  INTEGER
) STRICT;

CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY,
    hash       BLOB    NOT NULL UNIQUE,  -- SHA-256 of the token: it has 256 random bits, nothing to guess
    account    INTEGER NOT NULL REFERENCES accounts (id),
    label      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX tokens_by_account ON tokens (account);

CREATE TABLE rooms (
    id         INTEGER PRIMARY KEY,
    topic      TEXT    NOT NULL UNIQUE,
    title      TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    private    INTEGER NOT NULL,
    epoch      TEXT    NOT NULL,
    last_seq   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
    room       INTEGER NOT NULL REFERENCES rooms (id),
    account    INTEGER NOT NULL REFERENCES accounts (id),
    owner      INTEGER NOT NULL,
    joined_seq INTEGER NOT NULL,
    read_seq   INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_account ON members (account);

-- The logs. `body` is the event exactly as it is published. Rows are never changed.
CREATE TABLE events (
    room    INTEGER NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    sender  INTEGER NOT NULL REFERENCES accounts (id),
    msg_id  TEXT,
    body    TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_by_msg_id ON events (sender, msg_id) WHERE msg_id IS NOT NULL;

-- What every process must know of accounts, rooms and members, in the order of commits; and which events
-- came with it.
CREATE TABLE changes (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE media (
    id         TEXT    PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES accounts (id),
    name       TEXT    NOT NULL,
    type       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    width      INTEGER,
    height     INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a file was posted: who may read one of these rooms may have the file.
CREATE TABLE media_rooms (
    media TEXT    NOT NULL REFERENCES media (id),
    room  INTEGER NOT NULL REFERENCES rooms (id),
    PRIMARY KEY (media, room)
) STRICT, WITHOUT ROWID;

-- Persistent MQTT sessions: subscriptions and cursors, no messages.
CREATE TABLE sessions (
    account   INTEGER NOT NULL,
    client_id TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (account, client_id)
) STRICT, WITHOUT ROWID;
