-- The links that are there already begin at 0.
ALTER TABLE links ADD COLUMN clicks INTEGER NOT NULL DEFAULT 0;
