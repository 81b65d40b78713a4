-- A habilitation may be held on one service of the structure.

CREATE TABLE habilitation_next (
  id {id} PRIMARY KEY,
  attachment_id {id} NOT NULL REFERENCES attachment (id),
  space TEXT NOT NULL,
  level TEXT NOT NULL,
  service_id {id} REFERENCES service (id)
);
INSERT INTO habilitation_next (id, attachment_id, space, level)
SELECT id, attachment_id, space, level FROM habilitation;
DROP TABLE habilitation;
ALTER TABLE habilitation_next RENAME TO habilitation;
