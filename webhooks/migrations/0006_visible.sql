-- What is seen of deliveries: probes, replays, figures by the hour, what each attempt sent.

CREATE TABLE webhook_probe (
  id {id} PRIMARY KEY,
  endpoint_id {id} NOT NULL REFERENCES webhook_endpoint (id),
  structure_id {id} NOT NULL,
  state TEXT NOT NULL,
  asked_at {instant} NOT NULL,
  started_at {instant},
  finished_at {instant},
  findings {json} NOT NULL,
  CHECK ((state = 'DONE') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX webhook_probe_open ON webhook_probe (endpoint_id) WHERE finished_at IS NULL;
CREATE INDEX webhook_probe_endpoint ON webhook_probe (endpoint_id, id);
CREATE INDEX webhook_probe_structure ON webhook_probe (structure_id, id);

CREATE TABLE webhook_replay (
  id {id} PRIMARY KEY,
  endpoint_id {id} NOT NULL REFERENCES webhook_endpoint (id),
  structure_id {id} NOT NULL,
  state TEXT NOT NULL,
  from_position BIGINT NOT NULL,
  to_position BIGINT NOT NULL,
  wanted {json} NOT NULL,
  max_rate INTEGER,
  -- How far the range was counted, and how far it was queued.
  counted_position BIGINT NOT NULL,
  queued_position BIGINT NOT NULL,
  total BIGINT NOT NULL,
  queued BIGINT NOT NULL,
  -- Kept when it is closed; until then they are counted.
  delivered BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  not_before {instant} NOT NULL,
  created_at {instant} NOT NULL,
  finished_at {instant},
  -- Nothing of it is open any more.
  closed_at {instant},
  CHECK ((state = 'RUNNING') = (finished_at IS NULL))
);
CREATE UNIQUE INDEX webhook_replay_open ON webhook_replay (endpoint_id) WHERE closed_at IS NULL;
CREATE INDEX webhook_replay_endpoint ON webhook_replay (endpoint_id, id);
CREATE INDEX webhook_replay_structure ON webhook_replay (structure_id, id);

-- The last replay that a delivery is part of, and what it was before when it existed already.
ALTER TABLE webhook_delivery ADD COLUMN replay_id {id};
ALTER TABLE webhook_delivery ADD COLUMN before_replay TEXT;
CREATE INDEX webhook_delivery_replay ON webhook_delivery (replay_id, state)
  WHERE replay_id IS NOT NULL;
-- How long the oldest of an endpoint waits.
CREATE INDEX webhook_delivery_open ON webhook_delivery (endpoint_id, created_at)
  WHERE state IN ('PENDING', 'DELIVERING', 'HELD');

-- Headers as they were sent, without what is secret in them.
ALTER TABLE webhook_attempt ADD COLUMN sent TEXT;
ALTER TABLE webhook_attempt ADD COLUMN endpoint_id {id};
UPDATE webhook_attempt SET endpoint_id =
  (SELECT d.endpoint_id FROM webhook_delivery d WHERE d.id = webhook_attempt.delivery_id);
CREATE INDEX webhook_attempt_endpoint ON webhook_attempt (endpoint_id, at, id);
CREATE INDEX webhook_attempt_failure ON webhook_attempt (endpoint_id, at, id)
  WHERE error <> 'INTERRUPTED';

-- What came of attempts, by endpoint, hour and class of latency.
CREATE TABLE webhook_tally (
  endpoint_id {id} NOT NULL REFERENCES webhook_endpoint (id),
  hour {instant} NOT NULL,
  outcome TEXT NOT NULL,
  latency_class INTEGER NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (endpoint_id, hour, outcome, latency_class)
);
CREATE INDEX webhook_tally_hour ON webhook_tally (hour);
