-- A habilitation may be held on one service of the structure.

ALTER TABLE habilitation ADD COLUMN service_id {id} REFERENCES service (id);
ALTER TABLE habilitation DROP CONSTRAINT habilitation_attachment_id_space_key;
