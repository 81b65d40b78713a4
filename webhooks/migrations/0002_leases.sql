-- Leases are looked for by their end, whichever the endpoint: workers count what they have under
-- way themselves.
DROP INDEX webhook_delivery_under_way;
CREATE INDEX webhook_delivery_leases ON webhook_delivery (lease_until) WHERE state = 'DELIVERING';
