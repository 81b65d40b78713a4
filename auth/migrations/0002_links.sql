-- Links sent by e-mail, and what an account that waits for an approval will be given.

CREATE TABLE auth_link (
  id {id} PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('ACTIVATE', 'RESET_PASSWORD', 'CHANGE_EMAIL', 'KEEP_EMAIL')),
  -- SHA-256 of the token, which is in the e-mail alone.
  token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
  email TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
  -- None for an address that has no account: such a link opens nothing.
  account_id {id} REFERENCES account (id) ON DELETE CASCADE,
  identifier_type TEXT,
  identifier TEXT,
  -- The authorization request to go on with, and the browser that made it.
  goes_on TEXT NOT NULL,
  browser_hash TEXT CHECK (browser_hash IS NULL OR length(browser_hash) = 64),
  locale TEXT NOT NULL CHECK (locale IN ('FR', 'EN')),
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL,
  used_at {instant},
  CHECK ((identifier_type IS NULL) = (identifier IS NULL))
);
-- A new link takes the place of the earlier one. Ways to object stay, each for its own address.
CREATE UNIQUE INDEX auth_link_email ON auth_link (purpose, email)
  WHERE used_at IS NULL AND purpose IN ('ACTIVATE', 'RESET_PASSWORD');
CREATE UNIQUE INDEX auth_link_change ON auth_link (account_id)
  WHERE used_at IS NULL AND purpose = 'CHANGE_EMAIL';
CREATE INDEX auth_link_account ON auth_link (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX auth_link_expires_at ON auth_link (expires_at);

CREATE TABLE auth_waiting (
  account_id {id} PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
  identifier_type TEXT,
  identifier TEXT,
  structure_name TEXT,
  goes_on TEXT NOT NULL,
  created_at {instant} NOT NULL,
  CHECK ((identifier_type IS NULL) = (identifier IS NULL))
);
