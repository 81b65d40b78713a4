-- Claims: memos of court costs (A3) and refund requests (A21). What they have in common stands in
-- the same columns of both tables; a draft may lack anything but its supplier.

CREATE TABLE memo (
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

  number TEXT,
  issued_on DATE,
  external_reference TEXT,
  supplier_id {id} NOT NULL REFERENCES structure (id),
  supplier_name TEXT NOT NULL,
  supplier_identifier TEXT NOT NULL,
  supplier_service_id {id} REFERENCES service (id),
  supplier_service_code TEXT,
  bank_account_id {id} REFERENCES bank_account (id),
  recipient_id {id} REFERENCES structure (id),
  recipient_name TEXT,
  recipient_identifier TEXT,
  recipient_service_id {id} REFERENCES service (id),
  recipient_service_code TEXT,
  validator_service_id {id} REFERENCES service (id),
  validator_service_code TEXT,
  comment TEXT,
  amount_cents BIGINT,

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
  free_status_order {bool} NOT NULL,
  payment_reported {bool} NOT NULL,
  acknowledged_at {instant},
  rejection_handled_at {instant},
  draft {json},

  case_number TEXT,
  mission TEXT,
  ordered_on DATE,
  mission_ended_on DATE,
  total_net_cents BIGINT,
  total_vat_cents BIGINT,

  CHECK (status IN ('BROUILLON', 'SUPPRIMEE') OR (
    number IS NOT NULL AND issued_on IS NOT NULL AND recipient_id IS NOT NULL
    AND recipient_name IS NOT NULL AND recipient_identifier IS NOT NULL
    AND validator_service_id IS NOT NULL AND amount_cents IS NOT NULL AND deposited_at IS NOT NULL
    AND case_number IS NOT NULL AND mission IS NOT NULL AND ordered_on IS NOT NULL
    AND mission_ended_on IS NOT NULL AND total_net_cents IS NOT NULL
    AND total_vat_cents IS NOT NULL))
);
-- A number is used once by a provider, and stays used after a refusal.
CREATE UNIQUE INDEX memo_number ON memo (supplier_id, number)
  WHERE status NOT IN ('BROUILLON', 'SUPPRIMEE');
CREATE UNIQUE INDEX memo_external_reference ON memo (supplier_id, external_reference)
  WHERE external_reference IS NOT NULL AND status <> 'SUPPRIMEE';
CREATE INDEX memo_supplier ON memo (supplier_id, created_at DESC, id DESC);
CREATE INDEX memo_recipient ON memo (recipient_id, created_at DESC, id DESC);
CREATE INDEX memo_supplier_service ON memo (supplier_service_id, created_at DESC, id DESC)
  WHERE supplier_service_id IS NOT NULL;
CREATE INDEX memo_recipient_service ON memo (recipient_service_id, created_at DESC, id DESC)
  WHERE recipient_service_id IS NOT NULL;
CREATE INDEX memo_validator_service ON memo (validator_service_id, created_at DESC, id DESC)
  WHERE validator_service_id IS NOT NULL;
CREATE INDEX memo_bank_account ON memo (bank_account_id) WHERE bank_account_id IS NOT NULL;
CREATE INDEX memo_created_by ON memo (created_by);
CREATE INDEX memo_deadline ON memo (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE memo_line (
  id {id} PRIMARY KEY,
  memo_id {id} NOT NULL REFERENCES memo (id),
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  quantity TEXT NOT NULL,
  unit_price TEXT NOT NULL,
  vat_rate TEXT NOT NULL,
  net_cents BIGINT NOT NULL,
  UNIQUE (memo_id, number)
);

CREATE TABLE refund (
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

  number TEXT,
  issued_on DATE,
  external_reference TEXT,
  supplier_id {id} NOT NULL REFERENCES structure (id),
  supplier_name TEXT NOT NULL,
  supplier_identifier TEXT NOT NULL,
  supplier_service_id {id} REFERENCES service (id),
  supplier_service_code TEXT,
  bank_account_id {id} REFERENCES bank_account (id),
  recipient_id {id} REFERENCES structure (id),
  recipient_name TEXT,
  recipient_identifier TEXT,
  recipient_service_id {id} REFERENCES service (id),
  recipient_service_code TEXT,
  validator_service_id {id} REFERENCES service (id),
  validator_service_code TEXT,
  comment TEXT,
  amount_cents BIGINT,

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
  free_status_order {bool} NOT NULL,
  payment_reported {bool} NOT NULL,
  acknowledged_at {instant},
  rejection_handled_at {instant},
  draft {json},

  farm_number TEXT,
  consumption_year INTEGER,
  family TEXT,

  CHECK (status IN ('BROUILLON', 'SUPPRIMEE') OR (
    number IS NOT NULL AND issued_on IS NOT NULL AND recipient_id IS NOT NULL
    AND recipient_name IS NOT NULL AND recipient_identifier IS NOT NULL
    AND validator_service_id IS NOT NULL AND amount_cents IS NOT NULL AND deposited_at IS NOT NULL
    AND farm_number IS NOT NULL AND consumption_year IS NOT NULL AND family IS NOT NULL))
);
-- A number is used once by an operator, and stays used after a refusal.
CREATE UNIQUE INDEX refund_number ON refund (supplier_id, number)
  WHERE status NOT IN ('BROUILLON', 'SUPPRIMEE');
CREATE UNIQUE INDEX refund_external_reference ON refund (supplier_id, external_reference)
  WHERE external_reference IS NOT NULL AND status <> 'SUPPRIMEE';
-- One request for each operator, year and family of products, unless it came to nothing.
CREATE UNIQUE INDEX refund_year ON refund (supplier_id, consumption_year, family)
  WHERE status NOT IN ('BROUILLON', 'SUPPRIMEE', 'ABANDONNEE', 'REFUSEE_1', 'REJETEE');
CREATE INDEX refund_supplier ON refund (supplier_id, created_at DESC, id DESC);
CREATE INDEX refund_recipient ON refund (recipient_id, created_at DESC, id DESC);
CREATE INDEX refund_supplier_service ON refund (supplier_service_id, created_at DESC, id DESC)
  WHERE supplier_service_id IS NOT NULL;
CREATE INDEX refund_recipient_service ON refund (recipient_service_id, created_at DESC, id DESC)
  WHERE recipient_service_id IS NOT NULL;
CREATE INDEX refund_validator_service ON refund (validator_service_id, created_at DESC, id DESC)
  WHERE validator_service_id IS NOT NULL;
CREATE INDEX refund_bank_account ON refund (bank_account_id) WHERE bank_account_id IS NOT NULL;
CREATE INDEX refund_created_by ON refund (created_by);
CREATE INDEX refund_deadline ON refund (deadline_at) WHERE deadline_at IS NOT NULL;

CREATE TABLE refund_line (
  id {id} PRIMARY KEY,
  refund_id {id} NOT NULL REFERENCES refund (id),
  number INTEGER NOT NULL,
  product TEXT NOT NULL,
  invoice_number TEXT NOT NULL,
  quantity TEXT NOT NULL,
  unit TEXT NOT NULL,
  amount_cents BIGINT NOT NULL,
  UNIQUE (refund_id, number)
);
