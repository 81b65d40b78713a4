-- People who come from an external OpenID Connect provider.

CREATE TABLE auth_identity (
  id {id} PRIMARY KEY,
  -- Who says so, and the name that it gives to the person: never an e-mail, which changes hands.
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  -- The e-mail told by the provider, to be shown; nothing is looked up by it.
  email TEXT,
  -- The last SIRET handed over: attached once, not at each log-in.
  siret TEXT,
  linked_at {instant} NOT NULL,
  last_used_at {instant} NOT NULL,
  UNIQUE (issuer, subject)
);
CREATE UNIQUE INDEX auth_identity_account ON auth_identity (account_id, issuer);

-- People who were sent to the provider and have not come back. Used once, by their own browser.
CREATE TABLE auth_external_flow (
  id {id} PRIMARY KEY,
  state_hash TEXT NOT NULL UNIQUE CHECK (length(state_hash) = 64),
  browser_hash TEXT NOT NULL CHECK (length(browser_hash) = 64),
  -- The nonce and the PKCE verifier, encrypted under the site's key.
  sealed TEXT NOT NULL,
  goes_on TEXT NOT NULL,
  -- The account that asked to be linked, when that is what it is for.
  account_id {id} REFERENCES account (id) ON DELETE CASCADE,
  -- The activation link that it began from, which proves an e-mail.
  link_id {id} REFERENCES auth_link (id) ON DELETE CASCADE,
  expires_at {instant} NOT NULL
);
CREATE INDEX auth_external_flow_account ON auth_external_flow (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX auth_external_flow_link ON auth_external_flow (link_id) WHERE link_id IS NOT NULL;
CREATE INDEX auth_external_flow_expires_at ON auth_external_flow (expires_at);

-- People whom the provider knows and we do not yet: an account must be proven, or an e-mail.
CREATE TABLE auth_external_arrival (
  id {id} PRIMARY KEY,
  browser_hash TEXT NOT NULL UNIQUE CHECK (length(browser_hash) = 64),
  -- The link sent to the e-mail that the provider does not vouch for.
  link_hash TEXT UNIQUE CHECK (length(link_hash) = 64),
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  email TEXT,
  display_name TEXT NOT NULL,
  siret TEXT,
  methods TEXT NOT NULL,
  goes_on TEXT NOT NULL,
  -- The existing account that must be proven before it is linked.
  account_id {id} REFERENCES account (id) ON DELETE CASCADE,
  expires_at {instant} NOT NULL
);
CREATE INDEX auth_external_arrival_account ON auth_external_arrival (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX auth_external_arrival_expires_at ON auth_external_arrival (expires_at);
