-- Who decided last what an endpoint tells, and since when somebody is asked to answer for it.
ALTER TABLE webhook_endpoint ADD COLUMN vouched_by TEXT;
ALTER TABLE webhook_endpoint ADD COLUMN review_asked_at {instant};
