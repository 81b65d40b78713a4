-- The queue of e-mails: a row is written with the fact that it tells, and sent after the commit.

CREATE TABLE mail (
  id {id} PRIMARY KEY,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  -- Subject and body, encrypted: they may hold a link that opens an account. Null once sent.
  sealed TEXT,
  status TEXT NOT NULL CHECK (status IN ('WAITING', 'SENT', 'FAILED')),
  attempts INTEGER NOT NULL,
  due_at {instant} NOT NULL,
  error TEXT,
  created_at {instant} NOT NULL,
  sent_at {instant}
);
CREATE INDEX mail_due ON mail (due_at) WHERE status = 'WAITING';
CREATE INDEX mail_created_at ON mail (created_at);
