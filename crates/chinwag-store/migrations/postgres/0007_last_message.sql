-- Where a room's last message is: its log may end with many events that are none. A server that does not know this
-- column leaves it where it is; the preview of the room is then of an older message, until the next one.
ALTER TABLE rooms ADD COLUMN last_message_seq BIGINT NOT NULL DEFAULT 0;
UPDATE rooms SET last_message_seq = coalesce((
    SELECT seq FROM events WHERE room = rooms.id AND kind = 'message' ORDER BY seq DESC LIMIT 1), 0);
