-- Evidence is written once. It may only be told that it ended, and goes only after that.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0];
END $$;
CREATE FUNCTION refuse_loss_of_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM signature WHERE id = OLD.signature_id AND ended_at IS NULL) THEN
    RAISE EXCEPTION 'a certificate in force is never deleted';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER signature_unchanged BEFORE UPDATE OF id, document, version, text_hash, number,
  signed_at, account_id, account_name, account_email, structure_id, structure_identifier_type,
  structure_identifier, structure_name, address, user_agent, methods, authenticated_at, credential
ON signature FOR EACH ROW EXECUTE FUNCTION refuse_change('evidence is never changed');
CREATE TRIGGER signature_kept BEFORE DELETE ON signature FOR EACH ROW WHEN (OLD.ended_at IS NULL)
  EXECUTE FUNCTION refuse_change('evidence in force is never deleted');
CREATE TRIGGER certificate_unchanged BEFORE UPDATE ON certificate
  FOR EACH ROW EXECUTE FUNCTION refuse_change('a certificate is never changed');
CREATE TRIGGER certificate_kept BEFORE DELETE ON certificate
  FOR EACH ROW EXECUTE FUNCTION refuse_loss_of_certificate();
CREATE TRIGGER site_key_published BEFORE DELETE ON site_key
  FOR EACH ROW EXECUTE FUNCTION refuse_change('a public key stays published');
