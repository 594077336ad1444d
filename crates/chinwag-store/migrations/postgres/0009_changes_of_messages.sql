-- What messages become: edited, deleted, reacted to. A server that does not know these tables cannot use them.

-- Every event gets: `target`, the seq of the message it is about (for an answer, the one it answers); `ordinal`, how many
-- messages the log has up to here, this one included; `at`, when, in milliseconds since 1970, UTC. `digest`: of what the
-- sender sent, where the content is erased since. An event's place, kind, sender and target never change.
CREATE TABLE new_events (
    room    BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    kind    TEXT   NOT NULL,
    sender  BIGINT NOT NULL,
    msg_id  TEXT,
    target  BIGINT,
    ordinal BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    digest  BYTEA,
    body    TEXT   NOT NULL
);
INSERT INTO new_events
    SELECT room, seq, kind, sender, msg_id,
        CASE WHEN kind = 'message' THEN (body::json #>> '{original_message,seq}')::bigint END,
        count(*) FILTER (WHERE kind = 'message') OVER (PARTITION BY room ORDER BY seq),
        (extract(epoch FROM (body::json ->> 'sent_at')::timestamptz) * 1000)::bigint, NULL, body
    FROM events ORDER BY room, seq;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (room, seq);
CREATE UNIQUE INDEX events_by_msg_id ON events (sender, msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX events_by_target ON events (room, target) WHERE target IS NOT NULL;

-- How many messages a room's log has.
ALTER TABLE rooms ADD COLUMN messages BIGINT NOT NULL DEFAULT 0;
UPDATE rooms SET messages = coalesce((
    SELECT ordinal FROM events WHERE room = rooms.id ORDER BY seq DESC LIMIT 1), 0);

-- Messages that are not as they were sent: the last event that changed each, its last edit, and what deleted it.
CREATE TABLE altered (
    room    BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    shown   BIGINT,
    deleted BIGINT,
    PRIMARY KEY (room, seq)
);

CREATE TABLE reactions (
    room    BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    target  BIGINT NOT NULL,
    emoji   TEXT   NOT NULL,
    account BIGINT NOT NULL REFERENCES accounts (id),
    seq     BIGINT NOT NULL,
    PRIMARY KEY (room, target, emoji, account)
);

-- Deleted messages whose edits and quotes are erased up to `after` only.
CREATE TABLE erasing (
    room   BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    target BIGINT NOT NULL,
    after  BIGINT NOT NULL,
    PRIMARY KEY (room, target)
);

-- Which messages use an upload: who may read one of their rooms may have the file.
CREATE TABLE uses (
    media TEXT   NOT NULL REFERENCES media (id),
    room  BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq   BIGINT NOT NULL,
    PRIMARY KEY (media, room, seq)
);
CREATE INDEX uses_by_message ON uses (room, seq);
INSERT INTO uses
    SELECT DISTINCT m.id, e.room, e.seq FROM events e
    CROSS JOIN LATERAL json_array_elements(coalesce(e.body::json -> 'attachments', '[]'::json)) AS used
    JOIN media m ON m.id = used ->> 'id'
    WHERE e.kind = 'message' AND e.body LIKE '%"attachments":%';
DROP TABLE media_rooms;

-- Followers: whoever comes after the logs and must miss nothing has a place in each. No row: at its beginning.
CREATE TABLE followers (
    name TEXT   NOT NULL,
    room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq  BIGINT NOT NULL,
    PRIMARY KEY (name, room)
);
INSERT INTO followers SELECT 'broker', room, published_seq FROM outbox;
DROP TABLE outbox;
