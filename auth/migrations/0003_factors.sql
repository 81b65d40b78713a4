-- Second factors: what a person proves beside the password, and log-ins that wait for that proof.

CREATE TABLE auth_factor (
  id {id} PRIMARY KEY,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('TOTP', 'EMAIL', 'KEY')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  -- An application that makes codes: its secret, encrypted, and the last time step that was used.
  sealed_secret TEXT,
  last_step BIGINT,
  -- A security key or passkey, as WebAuthn names it; binary values in base64url.
  credential_id TEXT UNIQUE CHECK (length(credential_id) <= 1400),
  public_key TEXT,
  sign_count BIGINT,
  transports TEXT,
  -- Whether its private key leaves the device, to be shared among those of the person.
  is_synced {bool},
  -- When its counter went back: somebody may have a copy. It opens nothing any more.
  suspected_at {instant},
  created_at {instant} NOT NULL,
  last_used_at {instant},
  CHECK ((kind = 'TOTP') = (sealed_secret IS NOT NULL)),
  CHECK ((kind = 'KEY') = (credential_id IS NOT NULL)),
  CHECK (kind <> 'KEY' OR (public_key IS NOT NULL AND sign_count IS NOT NULL
    AND transports IS NOT NULL AND is_synced IS NOT NULL))
);
CREATE INDEX auth_factor_account ON auth_factor (account_id);
-- The address of the account is one factor, however often it is added.
CREATE UNIQUE INDEX auth_factor_email ON auth_factor (account_id) WHERE kind = 'EMAIL';

CREATE TABLE auth_recovery_code (
  id {id} PRIMARY KEY,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL CHECK (length(code_hash) = 64),
  created_at {instant} NOT NULL,
  used_at {instant},
  UNIQUE (account_id, code_hash)
);

-- A log-in after its first proof. It opens nothing, and goes on in one browser only.
CREATE TABLE auth_pending_login (
  id {id} PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  methods TEXT NOT NULL,
  -- The authorization request that waits, encoded as a query.
  goes_on TEXT NOT NULL,
  failures INTEGER NOT NULL,
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE INDEX auth_pending_login_account ON auth_pending_login (account_id);
CREATE INDEX auth_pending_login_expires_at ON auth_pending_login (expires_at);

-- The code sent by e-mail to whoever holds one pending log-in, or one log-in; the last one only.
CREATE TABLE auth_email_code (
  id {id} PRIMARY KEY,
  holder TEXT NOT NULL UNIQUE,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  code_hash TEXT NOT NULL CHECK (length(code_hash) = 64),
  failures INTEGER NOT NULL,
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE INDEX auth_email_code_account ON auth_email_code (account_id);
CREATE INDEX auth_email_code_expires_at ON auth_email_code (expires_at);

-- What may be used once and was: challenges of WebAuthn, secrets proposed to an application.
CREATE TABLE auth_spent (
  id TEXT PRIMARY KEY CHECK (length(id) = 64),
  until {instant} NOT NULL
);
CREATE INDEX auth_spent_until ON auth_spent (until);
