-- Connections ("raccordements") of structures, the technical accounts that use them, and what
-- structures entrust to the technical accounts of others.

CREATE TABLE connection (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  type TEXT NOT NULL CHECK (type IN ('API')),
  environment TEXT NOT NULL CHECK (environment IN ('sandbox', 'production')),
  application TEXT NOT NULL CHECK (length(application) BETWEEN 1 AND 200),
  contact_name TEXT NOT NULL CHECK (length(contact_name) BETWEEN 1 AND 200),
  contact_email TEXT NOT NULL CHECK (length(contact_email) BETWEEN 3 AND 254),
  -- What was asked for, and what was accepted when it was: its technical accounts hold no more.
  scopes {json} NOT NULL,
  spaces {json} NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('REQUESTED', 'REFUSED', 'ACCEPTED', 'ACTIVE', 'SUSPENDED', 'CLOSED')),
  status_at {instant} NOT NULL,
  status_comment TEXT CHECK (length(status_comment) <= 500),
  -- Suspended by the administrator of the site: the structure does not resume it.
  suspended_by_site {bool} NOT NULL,
  requested_by {id} NOT NULL,
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX connection_structure ON connection (structure_id, id);
CREATE INDEX connection_status ON connection (status, id);

-- The business side of an OAuth client of a structure: its identifier is that of the client.
CREATE TABLE technical_account (
  id {id} PRIMARY KEY,
  connection_id {id} NOT NULL REFERENCES connection (id),
  structure_id {id} NOT NULL REFERENCES structure (id),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  scopes {json} NOT NULL,
  -- What it may do on its own structure.
  spaces {json} NOT NULL,
  -- For which other structures it acts, among those that let it; null: all of them.
  acts_for {json},
  status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'SUSPENDED', 'REVOKED')),
  status_at {instant} NOT NULL,
  created_by {id} NOT NULL,
  -- The person who last decided what it may do, and when the others were told that this person
  -- no longer may.
  vouched_by {id} NOT NULL,
  review_asked_at {instant},
  secret_expires_at {instant} NOT NULL,
  previous_secret_until {instant},
  -- Written once a minute at most; the network, never the whole address.
  last_used_at {instant},
  last_network TEXT,
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX technical_account_connection ON technical_account (connection_id);
CREATE INDEX technical_account_structure ON technical_account (structure_id, id);

-- "The technical accounts of that structure, or that one, may act for us."
CREATE TABLE delegation (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  delegate_id {id} NOT NULL REFERENCES structure (id),
  -- None: whichever of the delegate.
  technical_account_id {id} REFERENCES technical_account (id),
  spaces {json} NOT NULL,
  ends_at {instant},
  status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'WITHDRAWN', 'EXPIRED')),
  status_at {instant} NOT NULL,
  granted_by {id} NOT NULL,
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  CHECK (structure_id <> delegate_id)
);
CREATE UNIQUE INDEX delegation_in_force
  ON delegation (structure_id, delegate_id, COALESCE(technical_account_id, ''))
  WHERE status = 'ACTIVE';
CREATE INDEX delegation_delegate ON delegation (delegate_id, id);
CREATE INDEX delegation_structure ON delegation (structure_id, id);
CREATE INDEX delegation_technical_account ON delegation (technical_account_id)
  WHERE technical_account_id IS NOT NULL;
CREATE INDEX delegation_ends_at ON delegation (ends_at)
  WHERE status = 'ACTIVE' AND ends_at IS NOT NULL;

-- Rights that end by themselves, whoever looks or does not.
ALTER TABLE attachment ADD COLUMN ends_at {instant};
