-- What is counted for whom. A server that does not know these columns leaves them as they are by default.

-- Whether a token is a device's or a program's; else it is a sign-in.
ALTER TABLE tokens ADD COLUMN device BIGINT NOT NULL DEFAULT 1;
UPDATE tokens SET device = 0 WHERE label = 'sign-in';

-- Who made a room; NULL for direct conversations and for what was made at the command line.
ALTER TABLE rooms ADD COLUMN made_by BIGINT;
UPDATE rooms SET made_by = (
    SELECT sender FROM events WHERE events.room = rooms.id AND seq = 1 AND kind = 'room')
WHERE topic NOT LIKE 'dm/%';
CREATE INDEX rooms_by_maker ON rooms (made_by);

-- Whether somebody else has put a member into the room.
ALTER TABLE members ADD COLUMN added BIGINT NOT NULL DEFAULT 0;
