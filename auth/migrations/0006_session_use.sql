-- Log-ins that end when they are not used: when each was last used, and until when it may rest.
-- The defaults only serve the rows that exist: every new one gives its own.

ALTER TABLE auth_session ADD COLUMN last_seen_at {instant} NOT NULL DEFAULT '2026-01-01 00:00:00+00:00';
ALTER TABLE auth_session ADD COLUMN idle_until {instant} NOT NULL DEFAULT '2026-01-01 00:00:00+00:00';
UPDATE auth_session SET last_seen_at = authenticated_at, idle_until = expires_at;
