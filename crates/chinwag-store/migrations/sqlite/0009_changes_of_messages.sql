-- What messages become: edited, deleted, reacted to. A server that does not know these tables cannot use them.

-- Every event gets: `target`, the seq of the message it is about (for an answer, the one it answers); `ordinal`, how many
-- messages the log has up to here, this one included; `at`, when, in milliseconds since 1970, UTC. `digest`: of what the
-- sender sent, where the content is erased since. An event's place, kind, sender and target never change.
CREATE TABLE new_events (
    room    INTEGER NOT NULL REFERENCES rooms (id),
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    sender  INTEGER NOT NULL REFERENCES accounts (id),
    msg_id  TEXT,
    target  INTEGER,
    ordinal INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    digest  BLOB,
    body    TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO new_events
    SELECT room, seq, kind, sender, msg_id, json_extract(body, '$.original_message.seq'),
        count(*) FILTER (WHERE kind = 'message') OVER (PARTITION BY room ORDER BY seq),
        CAST(round(unixepoch(json_extract(body, '$.sent_at'), 'subsec') * 1000) AS INTEGER), NULL, body
    FROM events ORDER BY room, seq;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
CREATE UNIQUE INDEX events_by_msg_id ON events (sender, msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX events_by_target ON events (room, target) WHERE target IS NOT NULL;

-- How many messages a room's log has.
ALTER TABLE rooms ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
UPDATE rooms SET messages = coalesce((
    SELECT ordinal FROM events WHERE room = rooms.id ORDER BY seq DESC LIMIT 1), 0);

-- Messages that are not as they were sent: the last event that changed each, its last edit, and what deleted it.
CREATE TABLE altered (
    room    INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    shown   INTEGER,
    deleted INTEGER,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
    room    INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    target  INTEGER NOT NULL,
    emoji   TEXT    NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts (id),
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room, target, emoji, account)
) STRICT, WITHOUT ROWID;

-- Deleted messages whose edits and quotes are erased up to `after` only.
CREATE TABLE erasing (
    room   INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    target INTEGER NOT NULL,
    after  INTEGER NOT NULL,
    PRIMARY KEY (room, target)
) STRICT, WITHOUT ROWID;

-- Which messages use an upload: who may read one of their rooms may have the file.
CREATE TABLE uses (
    media TEXT    NOT NULL REFERENCES media (id),
    room  INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (media, room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_by_message ON uses (room, seq);
INSERT OR IGNORE INTO uses
    SELECT m.id, e.room, e.seq FROM events e, json_each(e.body, '$.attachments') AS used
    JOIN media m ON m.id = used.value ->> 'id'
    WHERE e.kind = 'message' AND e.body LIKE '%"attachments":%';
DROP TABLE media_rooms;

-- Followers: whoever comes after the logs and must miss nothing has a place in each. No row: at its beginning.
CREATE TABLE followers (
    name TEXT    NOT NULL,
    room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (name, room)
) STRICT, WITHOUT ROWID;
INSERT INTO followers SELECT 'broker', room, published_seq FROM outbox;
DROP TABLE outbox;
