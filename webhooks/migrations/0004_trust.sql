-- How messages are signed beside HMAC, how we present ourselves to the receiver, and headers of
-- the user's own. What is secret is sealed; `auth_shown` holds what may be shown of it.
ALTER TABLE webhook_endpoint ADD COLUMN signs_ed25519 {bool} NOT NULL DEFAULT FALSE;
ALTER TABLE webhook_endpoint ADD COLUMN auth_kind TEXT NOT NULL DEFAULT 'NONE'
  CHECK (auth_kind IN ('NONE', 'BASIC', 'OAUTH2', 'CERTIFICATE'));
ALTER TABLE webhook_endpoint ADD COLUMN auth_shown {json} NOT NULL DEFAULT '{}';
ALTER TABLE webhook_endpoint ADD COLUMN auth_sealed TEXT;
-- The end of the client certificate, and the last warning given of it, in days.
ALTER TABLE webhook_endpoint ADD COLUMN auth_expires_at {instant};
ALTER TABLE webhook_endpoint ADD COLUMN auth_warned_days INTEGER;
ALTER TABLE webhook_endpoint ADD COLUMN header_names {json} NOT NULL DEFAULT '[]';
ALTER TABLE webhook_endpoint ADD COLUMN headers_sealed TEXT;
CREATE INDEX webhook_endpoint_expiring ON webhook_endpoint (auth_expires_at)
  WHERE auth_expires_at IS NOT NULL;
