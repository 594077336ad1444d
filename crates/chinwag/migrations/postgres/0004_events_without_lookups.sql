-- A row of `events` is written in the transaction that has locked its room, by an account that the server knows, and
-- neither is ever deleted. To have each looked up and locked again for every message was a third of what the database
-- did for it.
ALTER TABLE events DROP CONSTRAINT events_room_fkey, DROP CONSTRAINT events_sender_fkey;
