-- Options of endpoints (order, limits), the breaker, and codes whose lists are kept in code only.

ALTER TABLE webhook_endpoint DROP CONSTRAINT webhook_endpoint_status_check;
ALTER TABLE webhook_endpoint DROP CONSTRAINT webhook_endpoint_paused_reason_check;
ALTER TABLE webhook_endpoint
  ADD COLUMN degraded_at {instant},
  ADD COLUMN ordering TEXT NOT NULL DEFAULT 'PER_SUBJECT',
  ADD COLUMN on_blocked TEXT NOT NULL DEFAULT 'HOLD',
  ADD COLUMN skip_after_seconds INTEGER NOT NULL DEFAULT 3600,
  ADD COLUMN max_rate INTEGER,
  ADD COLUMN max_concurrency INTEGER,
  ADD COLUMN rate_used_until {instant},
  ADD COLUMN not_before {instant},
  ADD COLUMN recent {json} NOT NULL DEFAULT '[]';
ALTER TABLE webhook_endpoint
  ADD CONSTRAINT webhook_endpoint_degraded CHECK ((status = 'DEGRADED') = (degraded_at IS NOT NULL));

ALTER TABLE webhook_delivery DROP CONSTRAINT webhook_delivery_state_check;
ALTER TABLE webhook_delivery DROP CONSTRAINT webhook_delivery_skip_reason_check;
ALTER TABLE webhook_delivery ADD COLUMN first_attempt_at {instant};

ALTER TABLE webhook_attempt DROP CONSTRAINT webhook_attempt_next_why_check;
