-- The bytes of an upload's thumbnails, which count toward the quota. 0: it is no picture that has any. NULL: they have not
-- been asked for yet.
ALTER TABLE media ADD COLUMN thumbnails INTEGER;
