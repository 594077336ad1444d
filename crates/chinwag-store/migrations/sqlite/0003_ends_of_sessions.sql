-- How long a session is kept once its client has left, and when that was: seconds, the latter since 1970, UTC, and
-- NULL while it is connected. So that those which never come back end too.
ALTER TABLE sessions ADD COLUMN expiry INTEGER NOT NULL DEFAULT 4294967295;
ALTER TABLE sessions ADD COLUMN left_at INTEGER;
UPDATE sessions SET expiry = json_extract(state, '$.expiry'), left_at = json_extract(state, '$.left');
