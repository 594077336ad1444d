-- A row of `events` is written in the transaction that has locked its room, by an account that the server knows, and
-- neither is ever deleted: to look both up and lock them for every message would be work for nothing.
ALTER TABLE events DROP CONSTRAINT events_room_fkey, DROP CONSTRAINT events_sender_fkey;
