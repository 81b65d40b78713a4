-- What people let applications do: devices that wait for a person, consents that are remembered,
-- clients that developers registered by themselves.

-- Where an application may ask to be sent after a log-out, space-separated, compared exactly.
ALTER TABLE auth_client ADD COLUMN post_logout_redirect_uris TEXT NOT NULL DEFAULT '';

-- Clients of dynamic registration (RFC 7591): in a sandbox only, closed when nobody uses them.
CREATE TABLE auth_registration (
  client_id {id} PRIMARY KEY REFERENCES auth_client (id) ON DELETE CASCADE,
  registered_at {instant} NOT NULL,
  last_used_at {instant} NOT NULL
);
CREATE INDEX auth_registration_last_used_at ON auth_registration (last_used_at);

-- Device authorization requests (RFC 8628). Both codes are kept as hashes only, that of the person
-- under a key of the site: it is short.
CREATE TABLE auth_device (
  id {id} PRIMARY KEY,
  device_code_hash TEXT NOT NULL UNIQUE CHECK (length(device_code_hash) = 64),
  user_code_hash TEXT NOT NULL UNIQUE CHECK (length(user_code_hash) = 64),
  -- Everything issued from this request carries its family, and falls with it.
  family {id} NOT NULL UNIQUE,
  client_id {id} NOT NULL REFERENCES auth_client (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  -- What the person answered; null while nobody has.
  is_approved {bool},
  account_id {id} REFERENCES account (id) ON DELETE CASCADE,
  methods TEXT,
  authenticated_at {instant},
  -- How far apart the device must keep its questions, and when it asked last.
  interval_seconds INTEGER NOT NULL CHECK (interval_seconds > 0),
  polled_at {instant},
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL,
  used_at {instant},
  CHECK (is_approved IS NULL OR account_id IS NOT NULL)
);
CREATE INDEX auth_device_client ON auth_device (client_id);
CREATE INDEX auth_device_account ON auth_device (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX auth_device_expires_at ON auth_device (expires_at);

-- What a person allowed an application; one in force for each pair.
CREATE TABLE auth_consent (
  id {id} PRIMARY KEY,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  client_id {id} NOT NULL REFERENCES auth_client (id) ON DELETE CASCADE,
  -- As the person saw it: a client that changes its name does not change the past.
  client_name TEXT NOT NULL,
  scope TEXT NOT NULL,
  granted_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  withdrawn_at {instant},
  event_count BIGINT NOT NULL
);
CREATE UNIQUE INDEX auth_consent_in_force ON auth_consent (account_id, client_id)
  WHERE withdrawn_at IS NULL;
CREATE INDEX auth_consent_client ON auth_consent (client_id);
