-- Contracts ("marchés"): who plays which role in them, on which terms, and who agreed.

CREATE TABLE contract (
  id {id} PRIMARY KEY,
  number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 50),
  nature TEXT NOT NULL CHECK (nature IN ('TRAVAUX', 'SERVICES', 'FOURNITURES')),
  contracting_authority_id {id} NOT NULL REFERENCES structure (id),
  -- The holder, or the agent of the group that holds it.
  holder_id {id} NOT NULL REFERENCES structure (id),
  status TEXT NOT NULL CHECK (status IN ('PROPOSED', 'IN_FORCE', 'WITHDRAWN', 'CLOSED')),
  status_at {instant} NOT NULL,
  -- The terms in force, or the first ones while nobody has agreed yet; then those of an amendment.
  version_id {id} NOT NULL,
  pending_id {id},
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
-- A number names one contract of its authority; one that was withdrawn gives it back.
CREATE UNIQUE INDEX contract_number ON contract (contracting_authority_id, number)
  WHERE status <> 'WITHDRAWN';
CREATE INDEX contract_holder ON contract (holder_id, id);
CREATE INDEX contract_by_number ON contract (number);

CREATE TABLE contract_version (
  id {id} PRIMARY KEY,
  contract_id {id} NOT NULL REFERENCES contract (id),
  number INTEGER NOT NULL CHECK (number >= 1),
  status TEXT NOT NULL CHECK (status IN ('PROPOSED', 'AGREED', 'REPLACED', 'WITHDRAWN')),
  status_at {instant} NOT NULL,
  proposed_by_id {id} NOT NULL REFERENCES structure (id),
  label TEXT NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
  ccag TEXT CHECK (ccag IN ('TRAVAUX', 'FCS', 'PI', 'TIC', 'MI', 'MOE')),
  notified_on DATE,
  amount_cents BIGINT CHECK (amount_cents > 0),
  comment TEXT CHECK (length(comment) <= 500),
  agreed_at {instant},
  created_at {instant} NOT NULL,
  UNIQUE (contract_id, number)
);
CREATE INDEX contract_version_proposed_by ON contract_version (proposed_by_id);

CREATE TABLE contract_lot (
  id {id} PRIMARY KEY,
  version_id {id} NOT NULL REFERENCES contract_version (id),
  position INTEGER NOT NULL,
  number TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 20),
  label TEXT CHECK (length(label) <= 200),
  amount_cents BIGINT CHECK (amount_cents > 0),
  UNIQUE (version_id, number)
);

-- A role that a structure plays on the terms of one version.
CREATE TABLE contract_party (
  id {id} PRIMARY KEY,
  contract_id {id} NOT NULL REFERENCES contract (id),
  version_id {id} NOT NULL REFERENCES contract_version (id),
  contracting_authority_id {id} NOT NULL REFERENCES structure (id),
  role TEXT NOT NULL CHECK (role IN ('HOLDER', 'GROUP_AGENT', 'CO_CONTRACTOR', 'SUBCONTRACTOR',
    'PROJECT_MANAGER', 'CONTRACTING_AUTHORITY', 'FINANCE_SERVICE')),
  structure_id {id} NOT NULL REFERENCES structure (id),
  service_id {id} REFERENCES service (id),
  service_code TEXT,
  lot TEXT,
  -- For whom a subcontractor works, and what it may be paid directly at most, net.
  principal_id {id} REFERENCES structure (id),
  ceiling_cents BIGINT CHECK (ceiling_cents > 0),
  direct_payment TEXT NOT NULL
    CHECK (direct_payment IN ('NOT_ASKED', 'ASKED', 'ACCEPTED', 'REFUSED')),
  direct_payment_on DATE,
  status TEXT NOT NULL CHECK (status IN ('PROPOSED', 'ACCEPTED', 'DECLINED')),
  status_at {instant} NOT NULL,
  status_comment TEXT CHECK (length(status_comment) <= 500),
  -- Whether the version waits for this role to enter into force.
  is_awaited {bool} NOT NULL,
  -- Whether its version is in force or proposed; whether it may still be answered.
  is_live {bool} NOT NULL,
  is_open {bool} NOT NULL,
  CHECK ((role = 'SUBCONTRACTOR') = (principal_id IS NOT NULL)),
  CHECK (role = 'SUBCONTRACTOR' OR direct_payment = 'NOT_ASKED'),
  CHECK ((ceiling_cents IS NULL) = (direct_payment = 'NOT_ASKED'))
);
CREATE INDEX contract_party_version ON contract_party (version_id, id);
CREATE INDEX contract_party_contract ON contract_party (contract_id);
CREATE INDEX contract_party_structure ON contract_party (structure_id, contract_id);
CREATE INDEX contract_party_principal ON contract_party (principal_id)
  WHERE principal_id IS NOT NULL;
CREATE INDEX contract_party_service ON contract_party (service_id) WHERE service_id IS NOT NULL;
CREATE INDEX contract_party_authority ON contract_party (contracting_authority_id);

-- The contract in force that an invoice was deposited on.
ALTER TABLE invoice ADD COLUMN contract_id {id} REFERENCES contract (id);
CREATE INDEX invoice_contract ON invoice (contract_id, supplier_id) WHERE contract_id IS NOT NULL;
