-- Evidence is written once. It may only be told that it ended, and goes only after that.

CREATE TRIGGER signature_unchanged BEFORE UPDATE OF id, document, version, text_hash, number,
  signed_at, account_id, account_name, account_email, structure_id, structure_identifier_type,
  structure_identifier, structure_name, address, user_agent, methods, authenticated_at, credential
ON signature BEGIN
  SELECT RAISE(ABORT, 'evidence is never changed');
END;
CREATE TRIGGER signature_kept BEFORE DELETE ON signature WHEN old.ended_at IS NULL BEGIN
  SELECT RAISE(ABORT, 'evidence in force is never deleted');
END;
CREATE TRIGGER certificate_unchanged BEFORE UPDATE ON certificate BEGIN
  SELECT RAISE(ABORT, 'a certificate is never changed');
END;
CREATE TRIGGER certificate_kept BEFORE DELETE ON certificate
WHEN EXISTS (SELECT 1 FROM signature WHERE id = old.signature_id AND ended_at IS NULL) BEGIN
  SELECT RAISE(ABORT, 'a certificate in force is never deleted');
END;
CREATE TRIGGER site_key_published BEFORE DELETE ON site_key BEGIN
  SELECT RAISE(ABORT, 'a public key stays published');
END;
