-- Works billing files, their pieces, and who must act on them now.

CREATE TABLE billing_file (
  id {id} PRIMARY KEY,
  stage TEXT NOT NULL CHECK (stage IN ('IN_PROGRESS', 'END', 'END_TACIT')),
  contract_number TEXT,
  contract_id {id},
  commitment_number TEXT,
  period_from DATE,
  period_to DATE,
  holder_id {id} REFERENCES structure (id),
  project_manager_id {id} REFERENCES structure (id),
  project_manager_service_id {id} REFERENCES service (id),
  contracting_authority_id {id} REFERENCES structure (id),
  contracting_authority_service_id {id} REFERENCES service (id),
  finance_id {id} REFERENCES structure (id),
  finance_service_id {id} REFERENCES service (id),
  expected_frames {json} NOT NULL,
  payment_from {instant},
  ended_at {instant},
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE INDEX billing_file_holder ON billing_file (holder_id, updated_at, id);
CREATE INDEX billing_file_project_manager ON billing_file (project_manager_id, updated_at, id)
  WHERE project_manager_id IS NOT NULL;
CREATE INDEX billing_file_contracting_authority
  ON billing_file (contracting_authority_id, updated_at, id)
  WHERE contracting_authority_id IS NOT NULL;
CREATE INDEX billing_file_contract ON billing_file (contract_number, updated_at, id)
  WHERE contract_number IS NOT NULL;

CREATE TABLE works_piece (
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

  file_id {id} REFERENCES billing_file (id),
  frame TEXT NOT NULL,
  type TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('IN_PROGRESS', 'END', 'END_TACIT')),
  previous_id {id} REFERENCES works_piece (id),
  attached_to_id {id} REFERENCES works_piece (id),
  replaces_id {id} REFERENCES works_piece (id),

  number TEXT,
  issued_on DATE,
  currency TEXT NOT NULL,
  external_reference TEXT,
  contract_number TEXT,
  contract_id {id},
  commitment_number TEXT,
  period_from DATE,
  period_to DATE,
  comment TEXT,
  bank_account_id {id} REFERENCES bank_account (id),

  depositor_id {id} NOT NULL REFERENCES structure (id),
  depositor_name TEXT NOT NULL,
  depositor_identifier TEXT NOT NULL,
  holder_id {id} REFERENCES structure (id),
  validator_id {id} REFERENCES structure (id),
  project_manager_id {id} REFERENCES structure (id),
  project_manager_service_id {id} REFERENCES service (id),
  contracting_authority_id {id} REFERENCES structure (id),
  contracting_authority_service_id {id} REFERENCES service (id),
  recipient_id {id} REFERENCES structure (id),
  recipient_service_id {id} REFERENCES service (id),

  total_net_cents BIGINT,
  total_vat_cents BIGINT,
  total_gross_cents BIGINT,
  amount_to_pay_cents BIGINT,
  vat_breakdown {json} NOT NULL,
  deductions {json} NOT NULL,
  previous_net_cents BIGINT,
  previous_to_pay_cents BIGINT,

  deposited_at {instant},
  available_at {instant},
  received_at {instant},
  answered_at {instant},
  lapsed_at {instant},
  contested_at {instant},
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
  -- A draft as it was given, with what could not be resolved.
  draft {json},

  CHECK (status IN ('BROUILLON', 'SUPPRIMEE') OR (
    number IS NOT NULL AND issued_on IS NOT NULL AND holder_id IS NOT NULL
    AND total_net_cents IS NOT NULL AND total_vat_cents IS NOT NULL
    AND total_gross_cents IS NOT NULL AND amount_to_pay_cents IS NOT NULL
    AND deposited_at IS NOT NULL AND receipt_number IS NOT NULL AND draft IS NULL
  ))
);
CREATE INDEX works_piece_depositor ON works_piece (depositor_id, created_at, id);
CREATE INDEX works_piece_holder ON works_piece (holder_id, created_at, id)
  WHERE holder_id IS NOT NULL;
CREATE INDEX works_piece_validator ON works_piece (validator_id, created_at, id)
  WHERE validator_id IS NOT NULL;
CREATE INDEX works_piece_project_manager ON works_piece (project_manager_id, created_at, id)
  WHERE project_manager_id IS NOT NULL;
CREATE INDEX works_piece_contracting_authority
  ON works_piece (contracting_authority_id, created_at, id)
  WHERE contracting_authority_id IS NOT NULL;
CREATE INDEX works_piece_recipient ON works_piece (recipient_id, created_at, id)
  WHERE recipient_id IS NOT NULL;
CREATE INDEX works_piece_file ON works_piece (file_id, created_at, id) WHERE file_id IS NOT NULL;
CREATE INDEX works_piece_previous ON works_piece (previous_id, id) WHERE previous_id IS NOT NULL;
CREATE INDEX works_piece_attached ON works_piece (attached_to_id, id)
  WHERE attached_to_id IS NOT NULL;
CREATE INDEX works_piece_deadline ON works_piece (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX works_piece_number ON works_piece (depositor_id, number);
-- The depositor's own key names one piece.
CREATE UNIQUE INDEX works_piece_reference ON works_piece (depositor_id, external_reference)
  WHERE external_reference IS NOT NULL AND status <> 'SUPPRIMEE';

CREATE TABLE billing_file_task (
  id {id} PRIMARY KEY,
  file_id {id} REFERENCES billing_file (id),
  position INTEGER NOT NULL,
  party TEXT NOT NULL,
  structure_id {id} NOT NULL REFERENCES structure (id),
  service_id {id} REFERENCES service (id),
  piece_id {id} NOT NULL REFERENCES works_piece (id),
  task TEXT NOT NULL,
  frames {json} NOT NULL,
  silence TEXT NOT NULL,
  since {instant} NOT NULL,
  until {instant}
);
CREATE INDEX billing_file_task_file ON billing_file_task (file_id, position)
  WHERE file_id IS NOT NULL;
CREATE INDEX billing_file_task_piece ON billing_file_task (piece_id, position);
CREATE INDEX billing_file_task_structure ON billing_file_task (structure_id, until, file_id);
