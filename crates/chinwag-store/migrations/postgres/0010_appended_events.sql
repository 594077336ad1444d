-- The end of each room's log. Every message changes it, so the rows are small and close together, with space on their
-- pages for their next versions. A server that does not know this table cannot use the database.
CREATE TABLE heads (
    room             BIGINT PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
    last_seq         BIGINT NOT NULL,
    last_message_seq BIGINT NOT NULL,
    messages         BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO heads SELECT id, last_seq, last_message_seq, messages FROM rooms ORDER BY id;
ALTER TABLE rooms DROP COLUMN last_seq, DROP COLUMN last_message_seq, DROP COLUMN messages;
