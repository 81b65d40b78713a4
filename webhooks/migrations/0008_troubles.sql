-- How often in a row a replay could not go on: it waits longer each time, and then fails.
ALTER TABLE webhook_replay ADD COLUMN troubles INTEGER NOT NULL DEFAULT 0;
