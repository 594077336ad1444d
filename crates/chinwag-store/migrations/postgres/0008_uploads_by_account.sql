-- How much an account has uploaded lately is asked at every upload.
CREATE INDEX media_by_account ON media (account, created_at);
