-- Keys of the site sign more than certificates: each purpose has its own, and a replaced key may
-- sign beside the next one for a while.
ALTER TABLE site_key ADD COLUMN purpose TEXT NOT NULL DEFAULT 'certificates'
  CHECK (purpose IN ('certificates', 'webhooks', 'checkpoints'));
ALTER TABLE site_key ADD COLUMN signs_until {instant};
DROP INDEX site_key_in_use;
-- One key of each purpose signs without an end.
CREATE UNIQUE INDEX site_key_in_use ON site_key (purpose)
  WHERE retired_at IS NULL AND signs_until IS NULL;
