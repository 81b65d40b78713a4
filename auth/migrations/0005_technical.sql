-- Secrets of technical accounts end; those who answer for them are warned before.

-- Replaced by a newer secret: it works until it ends, and nobody is warned of that.
ALTER TABLE auth_client_secret ADD COLUMN replaced_at {instant};
-- The last warning given: so many days before the end; 0, that it ended.
ALTER TABLE auth_client_secret ADD COLUMN warned_days INTEGER;
CREATE INDEX auth_client_secret_expires_at ON auth_client_secret (expires_at)
  WHERE expires_at IS NOT NULL AND replaced_at IS NULL;
