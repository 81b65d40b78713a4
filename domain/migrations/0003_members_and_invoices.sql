-- Members of structures and what they subscribed to.

CREATE TABLE attachment (
  id {id} PRIMARY KEY,
  -- An account or an OAuth client.
  member_id {id} NOT NULL,
  structure_id {id} NOT NULL REFERENCES structure (id),
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  UNIQUE (member_id, structure_id)
);
CREATE INDEX attachment_structure ON attachment (structure_id, status);
-- Exactly one main manager at most.
CREATE UNIQUE INDEX attachment_main_manager ON attachment (structure_id)
  WHERE role = 'MAIN_MANAGER' AND status = 'VALIDEE';

CREATE TABLE habilitation (
  id {id} PRIMARY KEY,
  attachment_id {id} NOT NULL REFERENCES attachment (id),
  space TEXT NOT NULL,
  level TEXT NOT NULL,
  UNIQUE (attachment_id, space)
);

-- Invoices and credit notes. Amounts of totals are whole cents; unit prices, quantities and rates
-- are exact decimals as text, never compared in SQL. A draft may lack anything but its supplier.

CREATE TABLE invoice (
  id {id} PRIMARY KEY,
  status TEXT NOT NULL,
  status_at {instant} NOT NULL,
  reason TEXT,
  status_comment TEXT,
  deadline_at {instant},
  event_count BIGINT NOT NULL,
  recent_changes {json} NOT NULL,
  created_at {instant} NOT NULL,
  created_by {id} NOT NULL,

  type TEXT NOT NULL CHECK (type IN ('FACTURE', 'AVOIR')),
  frame TEXT NOT NULL CHECK (frame IN ('A1', 'A2', 'A9', 'A12')),
  deposit_mode TEXT NOT NULL,
  number TEXT,
  issued_on DATE,
  currency TEXT NOT NULL,
  external_reference TEXT,

  supplier_id {id} NOT NULL REFERENCES structure (id),
  supplier_name TEXT NOT NULL,
  supplier_identifier TEXT NOT NULL,
  supplier_siren TEXT,
  supplier_service_code TEXT,
  bank_account_id {id} REFERENCES bank_account (id),
  recipient_id {id} REFERENCES structure (id),
  recipient_name TEXT,
  recipient_identifier TEXT,
  recipient_service_id {id} REFERENCES service (id),
  recipient_service_code TEXT,
  validator_1_id {id} REFERENCES structure (id),
  validator_1_service_code TEXT,
  validator_2_id {id} REFERENCES structure (id),
  validator_2_service_code TEXT,

  commitment_number TEXT,
  contract_number TEXT,
  vat_type TEXT,
  vat_exemption_reason TEXT,
  payment_mode TEXT,
  original_invoice_number TEXT,
  original_invoice_id {id} REFERENCES invoice (id),
  comment TEXT,

  total_net_cents BIGINT,
  total_vat_cents BIGINT,
  total_gross_cents BIGINT,
  global_discount_cents BIGINT,
  global_discount_reason TEXT,
  total_gross_after_discount_cents BIGINT,
  amount_to_pay_cents BIGINT,

  deposited_at {instant},
  available_at {instant},
  receipt_number TEXT,
  receipt_sha256 TEXT,
  payment_days INTEGER NOT NULL,
  clock_started_at {instant},
  clock_stopped_at {instant},
  clock_ended_at {instant},
  due_on DATE,
  payment_order_number TEXT,
  refused_by_validator {bool} NOT NULL,
  free_status_order {bool} NOT NULL,
  payment_reported {bool} NOT NULL,
  acknowledged_at {instant},
  rejection_handled_at {instant},
  -- A draft as it was given, with what could not be resolved.
  draft {json},

  CHECK (status IN ('BROUILLON', 'SUPPRIMEE') OR (
    number IS NOT NULL AND issued_on IS NOT NULL AND recipient_id IS NOT NULL
    AND recipient_name IS NOT NULL AND recipient_identifier IS NOT NULL
    AND vat_type IS NOT NULL AND total_net_cents IS NOT NULL AND total_vat_cents IS NOT NULL
    AND total_gross_cents IS NOT NULL AND global_discount_cents IS NOT NULL
    AND total_gross_after_discount_cents IS NOT NULL AND amount_to_pay_cents IS NOT NULL
    AND deposited_at IS NOT NULL))
);
-- A number is used once by a supplier, and stays used after a rejection or a withdrawal.
CREATE UNIQUE INDEX invoice_number ON invoice (supplier_id, number)
  WHERE status NOT IN ('BROUILLON', 'SUPPRIMEE');
CREATE UNIQUE INDEX invoice_external_reference ON invoice (supplier_id, external_reference)
  WHERE external_reference IS NOT NULL AND status <> 'SUPPRIMEE';
CREATE INDEX invoice_siren_number ON invoice (supplier_siren, number);
CREATE INDEX invoice_supplier ON invoice (supplier_id, created_at DESC, id DESC);
CREATE INDEX invoice_supplier_status ON invoice (supplier_id, status, created_at DESC, id DESC);
CREATE INDEX invoice_recipient ON invoice (recipient_id, created_at DESC, id DESC);
CREATE INDEX invoice_recipient_status ON invoice (recipient_id, status, created_at DESC, id DESC);
CREATE INDEX invoice_validator_1 ON invoice (validator_1_id, created_at DESC, id DESC)
  WHERE validator_1_id IS NOT NULL;
CREATE INDEX invoice_validator_2 ON invoice (validator_2_id, created_at DESC, id DESC)
  WHERE validator_2_id IS NOT NULL;
CREATE INDEX invoice_original ON invoice (original_invoice_id)
  WHERE original_invoice_id IS NOT NULL;
CREATE INDEX invoice_deadline ON invoice (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX invoice_to_acknowledge ON invoice (supplier_id, status_at)
  WHERE status IN ('REJETEE', 'SUSPENDUE', 'A_RECYCLER', 'REFUSEE_1', 'REFUSEE_2')
    AND acknowledged_at IS NULL;

CREATE TABLE invoice_line (
  id {id} PRIMARY KEY,
  invoice_id {id} NOT NULL REFERENCES invoice (id),
  number INTEGER NOT NULL,
  reference TEXT,
  name TEXT NOT NULL,
  quantity TEXT NOT NULL,
  unit TEXT,
  unit_price TEXT NOT NULL,
  discount TEXT NOT NULL,
  vat_rate TEXT NOT NULL,
  net_cents BIGINT NOT NULL,
  UNIQUE (invoice_id, number)
);

CREATE TABLE invoice_vat (
  id {id} PRIMARY KEY,
  invoice_id {id} NOT NULL REFERENCES invoice (id),
  position INTEGER NOT NULL,
  rate TEXT NOT NULL,
  base_cents BIGINT NOT NULL,
  amount_cents BIGINT NOT NULL,
  UNIQUE (invoice_id, position)
);
