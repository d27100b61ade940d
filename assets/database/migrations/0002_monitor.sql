-- For registration-monitor: what it may see of Asterisk's bindings, and its own timeline of changes.

GRANT USAGE ON SCHEMA public TO monitor;
GRANT SELECT (endpoint, uri, expiration_time, user_agent, via_addr, via_port) ON ps_contacts TO monitor;

CREATE SCHEMA monitor;
REVOKE ALL ON SCHEMA monitor FROM PUBLIC;

CREATE TABLE monitor.dn_changes (
    -- Microseconds since 1970, made by the monitor, each once: an insert that is repeated adds nothing.
    id       bigint PRIMARY KEY,
    at       timestamptz NOT NULL,
    -- NULL: of the monitor itself
    dn       text CHECK (dn ~ '^[0-9]{1,20}$'),
    what     text NOT NULL CHECK (what IN ('phone', 'genesys', 'monitor')),
    trouble  boolean NOT NULL,
    text     text NOT NULL CHECK (length(text) <= 500)
);
-- A DN's changes, the latest first. Those of all DNs, and the oldest, are found by the primary key.
CREATE INDEX dn_changes_of_dn ON monitor.dn_changes (dn, id);

-- Rows are only ever added and, a day later, removed: room is to be found again soon.
ALTER TABLE monitor.dn_changes SET (autovacuum_vacuum_scale_factor = 0.02);

GRANT USAGE ON SCHEMA monitor TO monitor;
GRANT SELECT, INSERT, DELETE ON monitor.dn_changes TO monitor;
