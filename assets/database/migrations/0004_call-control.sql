-- Of call-control, which controls calls over ARI. The schema is there in every environment; the role logs in only where
-- call-control is switched on. Times are of the service's clock. Numbers are DNs, or E.164 with a '+'.

CREATE SCHEMA call_control;
REVOKE ALL ON SCHEMA call_control FROM PUBLIC;

CREATE TABLE call_control.campaigns (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    mode            text NOT NULL CHECK (mode IN ('preview', 'progressive', 'predictive')),
    state           text NOT NULL DEFAULT 'paused' CHECK (state IN ('paused', 'running', 'finished')),
    -- What customers see; NULL: the trunk's.
    caller_id       text CHECK (caller_id ~ '^\+[1-9][0-9]{3,14}$'),
    -- Calls for each free agent at most; predictive pacing chooses below it.
    dial_ratio      double precision NOT NULL DEFAULT 1 CHECK (dial_ratio BETWEEN 1 AND 5),
    -- Share of the answered calls that may find no agent.
    abandon_limit   double precision NOT NULL DEFAULT 0.03 CHECK (abandon_limit BETWEEN 0 AND 0.2),
    ring_seconds    integer NOT NULL DEFAULT 25 CHECK (ring_seconds BETWEEN 5 AND 120),
    wrap_up_seconds integer NOT NULL DEFAULT 10 CHECK (wrap_up_seconds BETWEEN 0 AND 3600),
    -- {"mon": [["09:00", "20:00"]], ...}, in the customer's own time.
    calling_hours   jsonb NOT NULL,
    -- IANA name, for leads that have none of their own.
    time_zone       text NOT NULL,
    -- {"attempts": 5, "minutes": {"busy": 15, "no_answer": 120, ...}}
    retry           jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- One row for each number of a campaign. Workers of several instances claim rows with FOR UPDATE SKIP LOCKED.
CREATE TABLE call_control.outbound_queue (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id     uuid NOT NULL REFERENCES call_control.campaigns ON DELETE CASCADE,
    phone_number    text NOT NULL CHECK (phone_number ~ '^\+[1-9][0-9]{3,14}$'),
    -- What the agent is shown.
    lead            jsonb NOT NULL DEFAULT '{}' CHECK (pg_column_size(lead) <= 8192),
    time_zone       text,
    status          text NOT NULL DEFAULT 'waiting'
                    CHECK (status IN ('waiting', 'claimed', 'dialing', 'connected', 'done', 'exhausted', 'blocked')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    -- The instance that has it, and when it's taken from that one again.
    claimed_by      text,
    claimed_until   timestamptz,
    -- Written before anything is dialled: by these a crash is cleared up.
    call_id         uuid,
    channel_id      text,
    agent           text,
    last_outcome    text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (campaign_id, phone_number)
);
-- What is to be dialled next.
CREATE INDEX outbound_queue_due ON call_control.outbound_queue (campaign_id, next_attempt_at, id) WHERE status = 'waiting';
CREATE INDEX outbound_queue_claimed ON call_control.outbound_queue (claimed_until) WHERE status IN ('claimed', 'dialing', 'connected');
ALTER TABLE call_control.outbound_queue SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 80);

-- Agents who work for a campaign, one campaign at a time.
CREATE TABLE call_control.agents (
    dn           text PRIMARY KEY CHECK (dn ~ '^[0-9]{1,20}$'),
    campaign_id  uuid NOT NULL REFERENCES call_control.campaigns ON DELETE CASCADE,
    state        text NOT NULL CHECK (state IN ('joining', 'ready', 'talking', 'wrap_up', 'paused')),
    since        timestamptz NOT NULL,
    call_id      uuid
);

CREATE TABLE call_control.do_not_call (
    phone_number text PRIMARY KEY CHECK (phone_number ~ '^\+[1-9][0-9]{3,14}$'),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    added_at     timestamptz NOT NULL DEFAULT now(),
    added_by     text NOT NULL
);

CREATE TABLE call_control.call_log (
    id              uuid PRIMARY KEY,
    channel_id      text NOT NULL,
    peer_channel_id text,
    type            text NOT NULL CHECK (type IN ('internal', 'outbound', 'inbound', 'campaign')),
    status          text NOT NULL CHECK (status IN ('dialing', 'ringing', 'answered', 'ended')),
    from_number     text NOT NULL,
    to_number       text NOT NULL,
    agent           text,
    -- Without references: the log outlives campaigns.
    campaign_id     uuid,
    queue_entry_id  bigint,
    trunk           text,
    started_at      timestamptz NOT NULL,
    answered_at     timestamptz,
    ended_at        timestamptz,
    outcome         text,
    cause           integer,
    cause_text      text,
    -- Seconds in which the parties heard each other.
    duration        double precision GENERATED ALWAYS AS (extract(epoch FROM ended_at - answered_at)) STORED,
    -- Whose it is, of several instances: what this one does not know of when it starts has ended unseen.
    instance        text NOT NULL DEFAULT '',
    -- Grows with every change: an older one that comes late changes nothing.
    version         integer NOT NULL,
    CHECK ((status = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX call_log_started ON call_control.call_log (started_at DESC, id);
CREATE INDEX call_log_agent ON call_control.call_log (agent, started_at DESC);
CREATE INDEX call_log_campaign ON call_control.call_log (campaign_id, started_at DESC) WHERE campaign_id IS NOT NULL;
CREATE INDEX call_log_from ON call_control.call_log (from_number text_pattern_ops, started_at DESC);
CREATE INDEX call_log_to ON call_control.call_log (to_number text_pattern_ops, started_at DESC);
CREATE INDEX call_log_open ON call_control.call_log (channel_id) WHERE status <> 'ended';

CREATE TABLE call_control.recordings (
    id          uuid PRIMARY KEY,
    call_id     uuid NOT NULL,
    -- Its name at Asterisk.
    name        text NOT NULL UNIQUE,
    format      text NOT NULL,
    state       text NOT NULL CHECK (state IN ('recording', 'done', 'failed', 'deleted')),
    started_at  timestamptz NOT NULL,
    started_by  text NOT NULL,
    ended_at    timestamptz,
    -- Seconds.
    duration    double precision,
    expires_at  timestamptz NOT NULL,
    failure     text
);
CREATE INDEX recordings_call ON call_control.recordings (call_id, started_at);
CREATE INDEX recordings_expiry ON call_control.recordings (expires_at) WHERE state <> 'deleted';

-- Who may use the API. A key is shown once; here is only its hash (SHA-256 of 256 random bits needs no salt).
CREATE TABLE call_control.api_keys (
    name         text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,63}$'),
    key_hash     bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    scopes       text[] NOT NULL,
    -- Its calls are this DN's and nobody else's; NULL: anybody's.
    agent        text CHECK (agent ~ '^[0-9]{1,20}$'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);

CREATE TABLE call_control.audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    -- `key:<name>` or `jwt:<subject>`
    actor   text NOT NULL,
    address text NOT NULL,
    action  text NOT NULL,
    target  text,
    -- HTTP status, and the error's code.
    status  integer NOT NULL,
    code    text,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at ON call_control.audit (at DESC, id DESC);
CREATE INDEX audit_actor ON call_control.audit (actor, at DESC);

-- What WebHooks are still to be told. A row goes when it was told, or given up.
CREATE TABLE call_control.webhook_deliveries (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook         text NOT NULL,
    -- The same for every webhook that is told of one change, so that receivers can drop what comes twice.
    event_id        uuid NOT NULL,
    body            jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_until   timestamptz,
    last_error      text,
    UNIQUE (webhook, event_id)
);
CREATE INDEX webhook_deliveries_due ON call_control.webhook_deliveries (webhook, next_attempt_at);

GRANT USAGE ON SCHEMA call_control TO call_control;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    call_control.campaigns, call_control.outbound_queue, call_control.agents, call_control.do_not_call,
    call_control.call_log, call_control.recordings, call_control.webhook_deliveries
    TO call_control;
-- Keys are made and taken away by operators only; what was done can't be undone here, only grow old.
GRANT SELECT, UPDATE (last_used_at) ON call_control.api_keys TO call_control;
GRANT SELECT, INSERT, DELETE ON call_control.audit TO call_control;
