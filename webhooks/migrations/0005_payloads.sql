-- What an endpoint's messages hold and how they are written; whether its document can be run.

ALTER TABLE webhook_endpoint ADD COLUMN payload TEXT NOT NULL DEFAULT 'FULL';
ALTER TABLE webhook_endpoint ADD COLUMN format TEXT NOT NULL DEFAULT 'STANDARD';
ALTER TABLE webhook_endpoint ADD COLUMN document TEXT;
ALTER TABLE webhook_endpoint ADD COLUMN document_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook_endpoint ADD COLUMN document_failing_since {instant};
ALTER TABLE webhook_endpoint ADD COLUMN document_error TEXT;
ALTER TABLE webhook_endpoint ADD COLUMN document_error_event {id};
