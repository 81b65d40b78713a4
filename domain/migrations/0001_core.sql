-- The event log, the answers already given, and the people.

-- One row: the last position given, and the life of the log. Its row lock is the one short lock
-- under which positions are taken, so that their order is the order of commits.
CREATE TABLE log_head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  position BIGINT NOT NULL,
  epoch INTEGER NOT NULL
);
INSERT INTO log_head (id, position, epoch) VALUES (1, 0, 1);

CREATE TABLE event (
  position BIGINT PRIMARY KEY,
  id {id} NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  occurred_at {instant} NOT NULL,
  recorded_at {instant} NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id {id} NOT NULL,
  subject_sequence BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id {id} NOT NULL,
  actor_name TEXT NOT NULL,
  party TEXT,
  on_behalf_of {id},
  change_from TEXT,
  change_to TEXT,
  reason TEXT,
  comment TEXT,
  data {json} NOT NULL,
  audience {json} NOT NULL,
  UNIQUE (subject_id, subject_sequence)
);

-- Who may see which event: one row per (structure, permission) that opens it.
CREATE TABLE event_audience (
  structure_id {id} NOT NULL,
  permission TEXT NOT NULL,
  position BIGINT NOT NULL REFERENCES event (position),
  PRIMARY KEY (structure_id, permission, position)
);

-- Who may see one event, whatever the caller's structures are and however many.
CREATE INDEX event_audience_position ON event_audience (position);

CREATE TABLE idempotency_key (
  actor_id {id} NOT NULL,
  key TEXT NOT NULL,
  operation TEXT NOT NULL,
  input_hash TEXT NOT NULL,
  object_id TEXT,
  position BIGINT,
  created_at {instant} NOT NULL,
  PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

CREATE TABLE account (
  id {id} PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  password_hash TEXT,
  status TEXT NOT NULL CHECK (status IN ('PENDING', 'ACTIVE', 'DISABLED')),
  locale TEXT NOT NULL CHECK (locale IN ('FR', 'EN')),
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);

-- The people and technical accounts that administer the site.
CREATE TABLE administrator (
  member_id {id} PRIMARY KEY,
  created_at {instant} NOT NULL
);
