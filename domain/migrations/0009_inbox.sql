-- Consumer groups that pull: how far each has read the log, and what is not yet done of what it
-- read. What is acknowledged leaves no row, so that the tables do not grow with the log.

CREATE TABLE event_consumer (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  name TEXT NOT NULL,
  wanted {json} NOT NULL,
  permissions {json} NOT NULL,
  on_blocked TEXT NOT NULL CHECK (on_blocked IN ('HOLD', 'SKIP_AFTER')),
  max_deliveries INTEGER NOT NULL,
  lease_seconds INTEGER NOT NULL,
  read_position BIGINT NOT NULL,
  last_taken_at {instant},
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  deleted_at {instant}
);
CREATE INDEX event_consumer_structure ON event_consumer (structure_id, id);
CREATE UNIQUE INDEX event_consumer_name ON event_consumer (structure_id, name)
  WHERE deleted_at IS NULL;

-- What one member was handed at once, and until when it is out.
CREATE TABLE event_lease (
  id {id} PRIMARY KEY,
  consumer_id {id} NOT NULL REFERENCES event_consumer (id),
  structure_id {id} NOT NULL,
  member TEXT,
  taken_by {id} NOT NULL,
  taken_at {instant} NOT NULL,
  lease_until {instant} NOT NULL
);
CREATE INDEX event_lease_consumer ON event_lease (consumer_id, id);

-- An event that a group has read and not done: out, waiting, or set aside. It is not handed out
-- before `not_before`: the end of its lease, or of the pause that was asked for.
CREATE TABLE event_inbox_item (
  id {id} PRIMARY KEY,
  consumer_id {id} NOT NULL REFERENCES event_consumer (id),
  structure_id {id} NOT NULL,
  position BIGINT NOT NULL,
  subject_id {id} NOT NULL,
  lease_id {id} REFERENCES event_lease (id),
  not_before {instant},
  deliveries INTEGER NOT NULL,
  first_taken_at {instant},
  set_aside_at {instant},
  UNIQUE (consumer_id, position),
  CHECK (lease_id IS NULL OR not_before IS NOT NULL),
  CHECK (set_aside_at IS NULL OR lease_id IS NULL)
);
CREATE INDEX event_inbox_item_lease ON event_inbox_item (lease_id) WHERE lease_id IS NOT NULL;
CREATE INDEX event_inbox_item_set_aside ON event_inbox_item (consumer_id, position)
  WHERE set_aside_at IS NOT NULL;
