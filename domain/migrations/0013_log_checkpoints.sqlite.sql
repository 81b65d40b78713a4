-- What the site signed of its log: where it stood, and the hashes that say so.

CREATE TABLE log_checkpoint (
  number BIGINT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  -- It covers the events after this position, up to the other.
  after BIGINT NOT NULL,
  position BIGINT NOT NULL CHECK (position >= after),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  root TEXT NOT NULL CHECK (length(root) = 64),
  made_at {instant} NOT NULL,
  -- The canonical JSON that is signed, and its detached JWS.
  statement TEXT NOT NULL,
  jws TEXT NOT NULL,
  kid TEXT NOT NULL REFERENCES site_key (kid)
);
CREATE INDEX log_checkpoint_position ON log_checkpoint (position);
CREATE INDEX log_checkpoint_kid ON log_checkpoint (kid);
CREATE TRIGGER log_checkpoint_unchanged BEFORE UPDATE ON log_checkpoint BEGIN
  SELECT RAISE(ABORT, 'a checkpoint is never changed');
END;
CREATE TRIGGER log_checkpoint_kept BEFORE DELETE ON log_checkpoint BEGIN
  SELECT RAISE(ABORT, 'a checkpoint is never deleted');
END;
