-- Where each MQTT session is in each room's log, in rows of their own: they change with every acknowledgement, and the rest of a
-- session seldom. A server that does not know this table cannot resume the sessions.
CREATE TABLE session_cursors (
    account   INTEGER NOT NULL,
    client_id TEXT    NOT NULL,
    room      INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (account, client_id, room),
    FOREIGN KEY (account, client_id) REFERENCES sessions (account, client_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX session_cursors_by_room ON session_cursors (room);
INSERT INTO session_cursors (account, client_id, room, seq)
    SELECT s.account, s.client_id, r.id, max(json_extract(c.value, '$[1]'))
    FROM sessions s, json_each(s.state, '$.cursors') c JOIN rooms r ON r.topic = json_extract(c.value, '$[0]')
    GROUP BY s.account, s.client_id, r.id;
UPDATE sessions SET state = json_remove(state, '$.cursors');
