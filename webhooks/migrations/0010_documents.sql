-- What each structure's documents took, and the deliveries whose body is still to be written.
CREATE TABLE webhook_document_budget (
  structure_id {id} PRIMARY KEY REFERENCES structure (id),
  -- What was taken so far is given back by then.
  used_until {instant},
  -- Since when deliveries wait for it.
  spent_since {instant},
  -- The one process that writes for the structure, and until when it is believed to live.
  lease {id},
  lease_until {instant},
  CHECK ((lease IS NULL) = (lease_until IS NULL))
);
-- The oldest first, by structure; and whether an endpoint has one.
CREATE INDEX webhook_delivery_unwritten ON webhook_delivery (structure_id, created_at, position)
  WHERE state = 'HELD' AND body = '';
CREATE INDEX webhook_delivery_unwritten_to ON webhook_delivery (endpoint_id, created_at)
  WHERE state = 'HELD' AND body = '';
-- Since when its owner was told that its documents are late.
ALTER TABLE webhook_endpoint ADD COLUMN documents_late_since {instant};
