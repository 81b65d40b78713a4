-- Who is calling: OAuth clients, what was issued to them, browser log-ins and signing keys.
-- Secrets, codes, refresh tokens and session tokens are kept as SHA-256 only.

CREATE TABLE auth_client (
  id {id} PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  -- The structure that answers for the client; none for the site's own clients.
  structure_id {id} REFERENCES structure (id),
  auth_method TEXT NOT NULL CHECK (auth_method IN ('none', 'client_secret_basic', 'client_secret_post')),
  -- Space-separated, as OAuth writes them.
  grant_types TEXT NOT NULL,
  scope TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  is_trusted {bool} NOT NULL,
  is_active {bool} NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  -- A client that cannot keep a secret cannot act in its own name.
  CHECK (auth_method <> 'none' OR grant_types NOT LIKE '%client_credentials%')
);
CREATE INDEX auth_client_structure ON auth_client (structure_id) WHERE structure_id IS NOT NULL;

-- Several secrets may be valid at once, so that one is replaced without an interruption.
CREATE TABLE auth_client_secret (
  id {id} PRIMARY KEY,
  client_id {id} NOT NULL REFERENCES auth_client (id) ON DELETE CASCADE,
  secret_hash TEXT NOT NULL CHECK (length(secret_hash) = 64),
  created_at {instant} NOT NULL,
  expires_at {instant}
);
CREATE INDEX auth_client_secret_client ON auth_client_secret (client_id);

CREATE TABLE auth_session (
  id {id} PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  -- How the person proved who they are, as RFC 8176 names it: pwd, otp, …
  methods TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  authenticated_at {instant} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE INDEX auth_session_account ON auth_session (account_id);
CREATE INDEX auth_session_expires_at ON auth_session (expires_at);

CREATE TABLE auth_code (
  id {id} PRIMARY KEY,
  code_hash TEXT NOT NULL UNIQUE CHECK (length(code_hash) = 64),
  -- Everything issued from this code carries its family, and falls with it.
  family {id} NOT NULL UNIQUE,
  client_id {id} NOT NULL REFERENCES auth_client (id) ON DELETE CASCADE,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  session_id {id},
  redirect_uri TEXT NOT NULL,
  scope TEXT NOT NULL,
  nonce TEXT,
  methods TEXT NOT NULL,
  code_challenge TEXT NOT NULL,
  code_challenge_method TEXT NOT NULL CHECK (code_challenge_method = 'S256'),
  authenticated_at {instant} NOT NULL,
  expires_at {instant} NOT NULL,
  used_at {instant}
);
CREATE INDEX auth_code_expires_at ON auth_code (expires_at);
CREATE INDEX auth_code_client ON auth_code (client_id);
CREATE INDEX auth_code_account ON auth_code (account_id);

CREATE TABLE auth_refresh_token (
  id {id} PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
  family {id} NOT NULL,
  client_id {id} NOT NULL REFERENCES auth_client (id) ON DELETE CASCADE,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  session_id {id},
  scope TEXT NOT NULL,
  methods TEXT NOT NULL,
  authenticated_at {instant} NOT NULL,
  issued_at {instant} NOT NULL,
  expires_at {instant} NOT NULL,
  -- Exchanged for its successor; seen again after that, it was stolen.
  rotated_at {instant},
  revoked_at {instant}
);
CREATE INDEX auth_refresh_token_family ON auth_refresh_token (family);
CREATE INDEX auth_refresh_token_session ON auth_refresh_token (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX auth_refresh_token_account ON auth_refresh_token (account_id);
CREATE INDEX auth_refresh_token_client ON auth_refresh_token (client_id);
CREATE INDEX auth_refresh_token_expires_at ON auth_refresh_token (expires_at);

-- Access tokens refused before they expire: the `jti` of one, or the family of many.
CREATE TABLE auth_denied (
  id {id} PRIMARY KEY,
  until {instant} NOT NULL
);
CREATE INDEX auth_denied_until ON auth_denied (until);

CREATE TABLE auth_signing_key (
  id {id} PRIMARY KEY,
  kid TEXT NOT NULL UNIQUE,
  -- The private key, encrypted with a key derived from SECRET_KEY.
  sealed_jwk TEXT NOT NULL,
  created_at {instant} NOT NULL,
  retired_at {instant}
);

-- Failed log-ins per (account, address) and per address; keys are hashes, not names.
CREATE TABLE auth_guess (
  id TEXT PRIMARY KEY CHECK (length(id) = 64),
  failures INTEGER NOT NULL,
  last_at {instant} NOT NULL
);
CREATE INDEX auth_guess_last_at ON auth_guess (last_at);
