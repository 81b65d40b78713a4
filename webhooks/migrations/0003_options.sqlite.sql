-- Options of endpoints (order, limits), the breaker, and codes whose lists are kept in code only.

CREATE TABLE webhook_endpoint_next (
  id {id} PRIMARY KEY,
  structure_id {id} NOT NULL REFERENCES structure (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  kinds {json} NOT NULL,
  wanted {json} NOT NULL,
  permissions {json} NOT NULL,
  status TEXT NOT NULL,
  paused_reason TEXT,
  paused_at {instant},
  degraded_at {instant},
  ordering TEXT NOT NULL DEFAULT 'PER_SUBJECT',
  on_blocked TEXT NOT NULL DEFAULT 'HOLD',
  skip_after_seconds INTEGER NOT NULL DEFAULT 3600,
  max_rate INTEGER,
  max_concurrency INTEGER,
  rate_used_until {instant},
  not_before {instant},
  recent {json} NOT NULL DEFAULT '[]',
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
  CHECK ((status = 'DEGRADED') = (degraded_at IS NOT NULL)),
  CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL))
);
INSERT INTO webhook_endpoint_next (id, structure_id, url, description, kinds, wanted, permissions,
  status, paused_reason, paused_at, secret, previous_secret, previous_secret_until, since_position,
  consecutive_failures, failing_since, last_success_at, last_failure_at, event_count, created_at,
  updated_at)
SELECT id, structure_id, url, description, kinds, wanted, permissions,
  status, paused_reason, paused_at, secret, previous_secret, previous_secret_until, since_position,
  consecutive_failures, failing_since, last_success_at, last_failure_at, event_count, created_at,
  updated_at FROM webhook_endpoint;
DROP TABLE webhook_endpoint;
ALTER TABLE webhook_endpoint_next RENAME TO webhook_endpoint;
CREATE INDEX webhook_endpoint_structure ON webhook_endpoint (structure_id, id);

CREATE TABLE webhook_delivery_next (
  id {id} PRIMARY KEY,
  endpoint_id {id} NOT NULL REFERENCES webhook_endpoint (id),
  structure_id {id} NOT NULL,
  event_id {id} NOT NULL,
  event_kind TEXT NOT NULL,
  position BIGINT NOT NULL,
  subject_id {id} NOT NULL,
  subject_sequence BIGINT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL,
  skip_reason TEXT,
  ordered {bool} NOT NULL,
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  first_attempt_at {instant},
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
INSERT INTO webhook_delivery_next (id, endpoint_id, structure_id, event_id, event_kind, position,
  subject_id, subject_sequence, body, state, skip_reason, ordered, attempts, failures,
  next_attempt_at, lease, lease_until, created_at, finished_at)
SELECT id, endpoint_id, structure_id, event_id, event_kind, position,
  subject_id, subject_sequence, body, state, skip_reason, ordered, attempts, failures,
  next_attempt_at, lease, lease_until, created_at, finished_at FROM webhook_delivery;
DROP TABLE webhook_delivery;
ALTER TABLE webhook_delivery_next RENAME TO webhook_delivery;
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_attempt_at, position)
  WHERE state = 'PENDING';
CREATE INDEX webhook_delivery_leases ON webhook_delivery (lease_until) WHERE state = 'DELIVERING';
CREATE INDEX webhook_delivery_queue ON webhook_delivery (endpoint_id, subject_id, position)
  WHERE state IN ('PENDING', 'DELIVERING', 'HELD');
CREATE INDEX webhook_delivery_structure ON webhook_delivery (structure_id, id);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);
CREATE INDEX webhook_delivery_subject ON webhook_delivery (subject_id, id);

CREATE TABLE webhook_attempt_next (
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
  next_why TEXT NOT NULL,
  UNIQUE (delivery_id, number)
);
INSERT INTO webhook_attempt_next (id, delivery_id, number, at, latency_ms, status, error, detail,
  excerpt, request_id, next_attempt_at, next_why)
SELECT id, delivery_id, number, at, latency_ms, status, error, detail,
  excerpt, request_id, next_attempt_at, next_why FROM webhook_attempt;
DROP TABLE webhook_attempt;
ALTER TABLE webhook_attempt_next RENAME TO webhook_attempt;
