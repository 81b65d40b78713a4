-- Attachments that are asked for and decided, spaces opened on structures and services, changes of
-- SIRET, and the services that parties of an invoice act through.

ALTER TABLE attachment ADD COLUMN message TEXT CHECK (length(message) <= 500);
-- What was said with the last decision, when and by whom.
ALTER TABLE attachment ADD COLUMN comment TEXT CHECK (length(comment) <= 500);
ALTER TABLE attachment ADD COLUMN decided_at {instant};
ALTER TABLE attachment ADD COLUMN decided_by {id};
-- Spaces asked for and not decided: a list of {space, level, serviceId}.
ALTER TABLE attachment ADD COLUMN asked_spaces {json};
ALTER TABLE attachment ADD COLUMN asked_at {instant};
ALTER TABLE attachment ADD COLUMN event_count BIGINT NOT NULL DEFAULT 0;
-- What waits for a decision, the oldest first.
CREATE INDEX attachment_waiting ON attachment (structure_id, id)
  WHERE status = 'EN_COURS_DE_VALIDATION' OR asked_spaces IS NOT NULL;

CREATE UNIQUE INDEX habilitation_of_structure ON habilitation (attachment_id, space)
  WHERE service_id IS NULL;
CREATE UNIQUE INDEX habilitation_of_service ON habilitation (attachment_id, service_id, space)
  WHERE service_id IS NOT NULL;
CREATE INDEX habilitation_service ON habilitation (service_id) WHERE service_id IS NOT NULL;

CREATE TABLE structure_space (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  -- None: the space of the whole structure.
  service_id {id} REFERENCES service (id),
  space TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'SUPPRIME')),
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX structure_space_of_structure ON structure_space (structure_id, space)
  WHERE service_id IS NULL;
CREATE UNIQUE INDEX structure_space_of_service ON structure_space (service_id, space)
  WHERE service_id IS NOT NULL;
CREATE INDEX structure_space_structure ON structure_space (structure_id, id);

-- Until now every space that grants something was open everywhere. The two last characters of an
-- identifier are drawn at random: two structures differ in what is before.
INSERT INTO structure_space (id, structure_id, space, status, created_at, updated_at)
SELECT 'spc_' || substr(s.id, 5, 24) || d.tail, s.id, d.space, 'ACTIVE', s.created_at, s.updated_at
FROM structure s CROSS JOIN (
  SELECT 'FACTURES_EMISES' AS space, '01' AS tail
  UNION ALL SELECT 'FACTURES_RECUES', '02'
  UNION ALL SELECT 'FACTURES_A_VALIDER', '03'
  UNION ALL SELECT 'RACCORDEMENTS', '04'
) d
WHERE EXISTS (SELECT 1 FROM attachment a WHERE a.structure_id = s.id);

CREATE TABLE siret_change (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  old_siret {id} NOT NULL CHECK (length(old_siret) = 14),
  new_siret {id} NOT NULL CHECK (length(new_siret) = 14 AND new_siret <> old_siret),
  effective_on DATE NOT NULL,
  reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  status TEXT NOT NULL CHECK (status IN ('DECLARE', 'CONFIRME', 'REFUSE')),
  comment TEXT CHECK (length(comment) <= 500),
  declared_by {id} NOT NULL,
  declared_at {instant} NOT NULL,
  decided_by {id},
  decided_at {instant},
  CHECK ((status = 'DECLARE') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX siret_change_waiting ON siret_change (structure_id) WHERE status = 'DECLARE';
CREATE INDEX siret_change_structure ON siret_change (structure_id, id);
CREATE INDEX siret_change_status ON siret_change (status, id);
-- The SIRETs that structures had before: they still find them.
CREATE UNIQUE INDEX siret_change_alias ON siret_change (old_siret) WHERE status = 'CONFIRME';

ALTER TABLE invoice ADD COLUMN supplier_service_id {id} REFERENCES service (id);
ALTER TABLE invoice ADD COLUMN validator_1_service_id {id} REFERENCES service (id);
ALTER TABLE invoice ADD COLUMN validator_2_service_id {id} REFERENCES service (id);
UPDATE invoice SET supplier_service_id = (SELECT s.id FROM service s
    WHERE s.structure_id = invoice.supplier_id AND s.code = invoice.supplier_service_code)
  WHERE supplier_service_code IS NOT NULL;
UPDATE invoice SET validator_1_service_id = (SELECT s.id FROM service s
    WHERE s.structure_id = invoice.validator_1_id AND s.code = invoice.validator_1_service_code)
  WHERE validator_1_service_code IS NOT NULL;
UPDATE invoice SET validator_2_service_id = (SELECT s.id FROM service s
    WHERE s.structure_id = invoice.validator_2_id AND s.code = invoice.validator_2_service_code)
  WHERE validator_2_service_code IS NOT NULL;
CREATE INDEX invoice_supplier_service ON invoice (supplier_service_id, created_at DESC, id DESC)
  WHERE supplier_service_id IS NOT NULL;
CREATE INDEX invoice_recipient_service ON invoice (recipient_service_id, created_at DESC, id DESC)
  WHERE recipient_service_id IS NOT NULL;
CREATE INDEX invoice_validator_1_service ON invoice (validator_1_service_id, created_at DESC, id DESC)
  WHERE validator_1_service_id IS NOT NULL;
CREATE INDEX invoice_validator_2_service ON invoice (validator_2_service_id, created_at DESC, id DESC)
  WHERE validator_2_service_id IS NOT NULL;

-- The history of actions of a structure: everything but the life of invoices, which dwarfs it.
CREATE INDEX event_history ON event (on_behalf_of, position)
  WHERE on_behalf_of IS NOT NULL AND subject_kind <> 'invoice';
