-- Endpoints, the deliveries made to them, every attempt, and how far the dispatcher has come.

CREATE TABLE webhook_endpoint (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  kinds {json} NOT NULL,
  wanted {json} NOT NULL,
  permissions {json} NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'PAUSED', 'DELETED')),
  paused_reason TEXT CHECK (paused_reason IN ('ASKED', 'GONE', 'NO_SUCCESS')),
  paused_at {instant},
  secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_secret_until {instant},
  since_position BIGINT NOT NULL,
  consecutive_failures INTEGER NOT NULL,
  failing_since {instant},
  last_success_at {instant},
  last_failure_at {instant},
  event_count BIGINT NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  CHECK ((status = 'PAUSED') = (paused_at IS NOT NULL)),
  CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
);
CREATE INDEX webhook_endpoint_structure ON webhook_endpoint (structure_id, id);

CREATE TABLE webhook_delivery (
  id {id} PRIMARY KEY,
  endpoint_id {id} NOT NULL REFERENCES webhook_endpoint (id),
  structure_id {id} NOT NULL,
  event_id {id} NOT NULL,
  event_kind TEXT NOT NULL,
  position BIGINT NOT NULL,
  subject_id {id} NOT NULL,
  subject_sequence BIGINT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('PENDING', 'DELIVERING', 'HELD', 'DELIVERED', 'EXHAUSTED', 'SKIPPED')),
  skip_reason TEXT CHECK (skip_reason IN ('RESUMED_WITHOUT', 'ENDPOINT_DELETED')),
  ordered {bool} NOT NULL,
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  next_attempt_at {instant},
  lease {id},
  lease_until {instant},
  created_at {instant} NOT NULL,
  finished_at {instant},
  UNIQUE (endpoint_id, event_id),
  CHECK ((state = 'PENDING') = (next_attempt_at IS NOT NULL)),
  CHECK ((state = 'DELIVERING') = (lease_until IS NOT NULL)),
  CHECK ((state IN ('DELIVERED', 'EXHAUSTED', 'SKIPPED')) = (finished_at IS NOT NULL))
);
-- What a worker claims, endpoint by endpoint.
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_attempt_at, position)
  WHERE state = 'PENDING';
CREATE INDEX webhook_delivery_under_way ON webhook_delivery (endpoint_id, lease_until)
  WHERE state = 'DELIVERING';
-- The queue of each subject at each endpoint.
CREATE INDEX webhook_delivery_queue ON webhook_delivery (endpoint_id, subject_id, position)
  WHERE state IN ('PENDING', 'DELIVERING', 'HELD');
-- What people look up, the newest first.
CREATE INDEX webhook_delivery_structure ON webhook_delivery (structure_id, id);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);
CREATE INDEX webhook_delivery_subject ON webhook_delivery (subject_id, id);

CREATE TABLE webhook_attempt (
  id {id} PRIMARY KEY,
  delivery_id {id} NOT NULL REFERENCES webhook_delivery (id),
  number INTEGER NOT NULL,
  at {instant} NOT NULL,
  latency_ms INTEGER,
  status INTEGER,
  error TEXT,
  detail TEXT,
  excerpt TEXT NOT NULL,
  request_id {id} NOT NULL,
  next_attempt_at {instant},
  next_why TEXT NOT NULL
    CHECK (next_why IN ('SCHEDULE', 'RETRY_AFTER', 'DELIVERED', 'EXHAUSTED')),
  UNIQUE (delivery_id, number)
);

CREATE TABLE webhook_bookmark (
  name TEXT PRIMARY KEY,
  position BIGINT NOT NULL
);

-- When each periodic action is next due; the worker that moves the moment runs it.
CREATE TABLE webhook_turn (
  name TEXT PRIMARY KEY,
  due_at {instant} NOT NULL
);
