-- The spaces of one attachment, for the rights of each caller and the holders of a right. The two
-- unique indexes are partial: they serve only who asks for the structure or for services alone.

CREATE INDEX habilitation_attachment ON habilitation (attachment_id);
