-- How far the business of a sandbox was moved ahead of its machines: no row until it is.

CREATE TABLE sandbox_clock (
  id {id} PRIMARY KEY,
  ahead_seconds BIGINT NOT NULL CHECK (ahead_seconds > 0),
  event_count BIGINT NOT NULL
);
