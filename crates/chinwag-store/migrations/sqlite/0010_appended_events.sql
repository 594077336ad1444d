-- What a message costs does not depend on how many rooms the messages of a transaction are spread over. A server that
-- does not know these tables cannot use them.

-- Events in the order in which they were stored: new ones come to the end, whichever their rooms, and only their small
-- entries in the index go where their rooms are. A row is written in a transaction that has its room, by an account that is
-- known, and neither is ever deleted without it: no references, or each would be looked up for every message.
CREATE TABLE new_events (
    id      INTEGER PRIMARY KEY,
    room    INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    sender  INTEGER NOT NULL,
    msg_id  TEXT,
    target  INTEGER,
    ordinal INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    digest  BLOB,
    body    TEXT    NOT NULL
) STRICT;
INSERT INTO new_events (room, seq, kind, sender, msg_id, target, ordinal, at, digest, body)
    SELECT room, seq, kind, sender, msg_id, target, ordinal, at, digest, body FROM events ORDER BY room, seq;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
CREATE UNIQUE INDEX events_by_place ON events (room, seq);
CREATE UNIQUE INDEX events_by_msg_id ON events (sender, msg_id) WHERE msg_id IS NOT NULL;
CREATE INDEX events_by_target ON events (room, target) WHERE target IS NOT NULL;

-- The end of each room's log. Every message changes it, so the rows are small and close together.
CREATE TABLE heads (
    room             INTEGER PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
    last_seq         INTEGER NOT NULL,
    last_message_seq INTEGER NOT NULL,
    messages         INTEGER NOT NULL
) STRICT;
INSERT INTO heads SELECT id, last_seq, last_message_seq, messages FROM rooms ORDER BY id;
ALTER TABLE rooms DROP COLUMN last_seq;
ALTER TABLE rooms DROP COLUMN last_message_seq;
ALTER TABLE rooms DROP COLUMN messages;
