-- Accounts that wait for an approval, and accounts erased.

ALTER TABLE account DROP CONSTRAINT account_status_check;
ALTER TABLE account ADD CONSTRAINT account_status_check
  CHECK (status IN ('PENDING', 'AWAITING', 'ACTIVE', 'DISABLED', 'ERASED'));
ALTER TABLE account ADD COLUMN activated_at {instant};
UPDATE account SET activated_at = created_at WHERE status = 'ACTIVE';
