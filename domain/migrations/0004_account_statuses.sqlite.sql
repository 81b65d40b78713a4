-- Accounts that wait for an approval, and accounts erased.

CREATE TABLE account_next (
  id {id} PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  password_hash TEXT,
  status TEXT NOT NULL CHECK (status IN ('PENDING', 'AWAITING', 'ACTIVE', 'DISABLED', 'ERASED')),
  locale TEXT NOT NULL CHECK (locale IN ('FR', 'EN')),
  event_count BIGINT NOT NULL,
  activated_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL
);
INSERT INTO account_next (id, email, display_name, password_hash, status, locale, event_count,
  activated_at, created_at, updated_at)
SELECT id, email, display_name, password_hash, status, locale, event_count,
  CASE WHEN status = 'ACTIVE' THEN created_at END, created_at, updated_at FROM account;
DROP TABLE account;
ALTER TABLE account_next RENAME TO account;
