-- Each event holds a hash of what it says and of the hash before it. See frontend_contract/LOG.md.

ALTER TABLE event ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;
-- The salts of the digests in the record, one after the other.
ALTER TABLE event ADD COLUMN salts TEXT;
-- NULL only in what was written before, until `manage.py migrate` has sealed it.
ALTER TABLE event ADD COLUMN hash TEXT CHECK (length(hash) = 64);

-- The hash of the event at `sealed`; nothing is written while events wait for theirs.
ALTER TABLE log_head ADD COLUMN hash TEXT NOT NULL
  DEFAULT '0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE log_head ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;
UPDATE log_head SET sealed = position WHERE NOT EXISTS (SELECT 1 FROM event);

-- What an erasure replaced: the digest in the record, that of what stands there now, and the event
-- that says so. A part that names two people may be replaced twice.
CREATE TABLE event_redaction (
  cause {id} NOT NULL,
  position BIGINT NOT NULL REFERENCES event (position),
  part TEXT NOT NULL CHECK (part IN ('actor_name', 'comment', 'data')),
  before TEXT NOT NULL CHECK (length(before) = 64),
  after TEXT NOT NULL CHECK (length(after) = 64),
  PRIMARY KEY (cause, position, part)
);
CREATE INDEX event_redaction_position ON event_redaction (position);

CREATE TRIGGER event_is_sealed BEFORE INSERT ON event WHEN new.hash IS NULL OR new.salts IS NULL
BEGIN
  SELECT RAISE(ABORT, 'an event is written sealed');
END;
-- The head follows by itself: one statement less under its lock.
CREATE TRIGGER event_is_head AFTER INSERT ON event BEGIN
  UPDATE log_head SET hash = new.hash, sealed = new.position WHERE position = new.position;
END;
CREATE TRIGGER event_unchanged BEFORE UPDATE OF position, epoch, id, kind, occurred_at, recorded_at,
  subject_kind, subject_id, subject_sequence, actor_kind, actor_id, party, on_behalf_of,
  change_from, change_to, reason, audience, hash ON event WHEN old.hash IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'an event is never changed');
END;
CREATE TRIGGER event_redacted BEFORE UPDATE OF actor_name, comment, data ON event
WHEN old.hash IS NOT NULL AND new.salts IS old.salts BEGIN
  SELECT RAISE(ABORT, 'the content of an event is replaced by a redaction only');
END;
CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN
  SELECT RAISE(ABORT, 'an event is never deleted');
END;
