-- Evidence of what people sign, the certificates made of it, and the keys that sign certificates.

CREATE TABLE signature (
  id {id} PRIMARY KEY,
  document TEXT NOT NULL CHECK (document IN ('MANDATE', 'TERMS')),
  version TEXT NOT NULL CHECK (length(version) BETWEEN 1 AND 20),
  text_hash TEXT NOT NULL CHECK (length(text_hash) = 64),
  -- By which a certificate is looked up; hard to guess.
  number {id} NOT NULL UNIQUE CHECK (length(number) = 24),
  signed_at {instant} NOT NULL,
  -- Who, as the account was at that time.
  account_id {id} NOT NULL REFERENCES account (id),
  account_name TEXT NOT NULL,
  account_email TEXT NOT NULL,
  -- For whom, as the structure was at that time.
  structure_id {id} REFERENCES structure (id),
  structure_identifier_type TEXT,
  structure_identifier TEXT,
  structure_name TEXT,
  -- From where, and how the person had proved who it was.
  address TEXT,
  user_agent TEXT,
  methods TEXT NOT NULL,
  authenticated_at {instant},
  credential {id},
  -- Since when it binds no more: the only thing that ever changes in this table.
  ended_at {instant},
  CHECK ((document = 'MANDATE') = (structure_id IS NOT NULL)),
  CHECK ((structure_id IS NULL) = (structure_identifier IS NULL)),
  CHECK ((structure_id IS NULL) = (structure_identifier_type IS NULL)),
  CHECK ((structure_id IS NULL) = (structure_name IS NULL)),
  CHECK (ended_at >= signed_at)
);
CREATE INDEX signature_account ON signature (account_id, document, id);
CREATE INDEX signature_structure ON signature (structure_id, id) WHERE structure_id IS NOT NULL;
CREATE INDEX signature_ended_at ON signature (ended_at) WHERE ended_at IS NOT NULL;

-- The keys that sign certificates. Public parts stay for ever, so that old certificates verify.
CREATE TABLE site_key (
  id {id} PRIMARY KEY,
  kid TEXT NOT NULL UNIQUE,
  public_jwk TEXT NOT NULL,
  -- The private key, encrypted with a key derived from SECRET_KEY; emptied once retired.
  sealed TEXT,
  created_at {instant} NOT NULL,
  retired_at {instant},
  CHECK ((sealed IS NULL) = (retired_at IS NOT NULL))
);
-- One key signs at a time.
CREATE UNIQUE INDEX site_key_in_use ON site_key ((1)) WHERE retired_at IS NULL;

-- Made once per signature, right after it; its bytes are kept as they were handed out.
CREATE TABLE certificate (
  signature_id {id} PRIMARY KEY REFERENCES signature (id) ON DELETE CASCADE,
  pdf {bytes} NOT NULL,
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  -- The canonical JSON that is signed, and its detached JWS.
  statement TEXT NOT NULL,
  jws TEXT NOT NULL,
  kid TEXT NOT NULL REFERENCES site_key (kid),
  made_at {instant} NOT NULL
);
CREATE INDEX certificate_kid ON certificate (kid);

-- Mandates signed before have no evidence beyond their own row.
ALTER TABLE mandate ADD COLUMN signature_id {id} REFERENCES signature (id) ON DELETE SET NULL;
ALTER TABLE mandate ADD COLUMN replaced_at {instant};
ALTER TABLE mandate ADD COLUMN revoked_by {id};
ALTER TABLE mandate ADD COLUMN revocation_reason TEXT CHECK (length(revocation_reason) BETWEEN 1 AND 500);
CREATE UNIQUE INDEX mandate_signature ON mandate (signature_id) WHERE signature_id IS NOT NULL;
DROP INDEX mandate_in_force;
CREATE UNIQUE INDEX mandate_in_force ON mandate (structure_id)
  WHERE revoked_at IS NULL AND replaced_at IS NULL;
