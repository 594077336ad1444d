-- Where each MQTT session is in each room's log, in rows of their own: they change with every acknowledgement, and the rest of a
-- session seldom. A server that does not know this table cannot resume the sessions.
CREATE TABLE session_cursors (
    account   BIGINT NOT NULL,
    client_id TEXT   NOT NULL,
    room      BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq       BIGINT NOT NULL,
    PRIMARY KEY (account, client_id, room),
    FOREIGN KEY (account, client_id) REFERENCES sessions (account, client_id) ON DELETE CASCADE
);
CREATE INDEX session_cursors_by_room ON session_cursors (room);
INSERT INTO session_cursors (account, client_id, room, seq)
    SELECT s.account, s.client_id, r.id, max((c.value ->> 1)::bigint)
    FROM sessions s, jsonb_array_elements(s.state::jsonb -> 'cursors') c JOIN rooms r ON r.topic = c.value ->> 0
    GROUP BY s.account, s.client_id, r.id;
UPDATE sessions SET state = (state::jsonb - 'cursors')::text;
