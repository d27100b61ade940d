-- Asterisk 22's realtime objects: a table per type, a column per option. Asterisk refuses an object with a column
-- that it does not know as an option, and takes its own default for NULL. Booleans are 'yes' or 'no'.
-- ps_contacts is the only table that it writes, and names every column there.

CREATE TABLE ps_endpoints (
    id                       text PRIMARY KEY,
    transport                text,
    context                  text,
    disallow                 text,
    allow                    text,
    aors                     text,
    auth                     text,
    callerid                 text,
    mailboxes                text,
    webrtc                   text CHECK (webrtc IN ('yes', 'no')),
    dtls_auto_generate_cert  text CHECK (dtls_auto_generate_cert IN ('yes', 'no')),
    identify_by              text,
    allow_overlap            text CHECK (allow_overlap IN ('yes', 'no')),
    allow_subscribe          text CHECK (allow_subscribe IN ('yes', 'no')),
    allow_transfer           text CHECK (allow_transfer IN ('yes', 'no')),
    direct_media             text CHECK (direct_media IN ('yes', 'no')),
    force_rport              text CHECK (force_rport IN ('yes', 'no')),
    rewrite_contact          text CHECK (rewrite_contact IN ('yes', 'no')),
    rtp_symmetric            text CHECK (rtp_symmetric IN ('yes', 'no')),
    rtp_timeout              integer,
    rtp_timeout_hold         integer,
    dtmf_mode                text,
    trust_id_inbound         text CHECK (trust_id_inbound IN ('yes', 'no')),
    trust_id_outbound        text CHECK (trust_id_outbound IN ('yes', 'no')),
    send_pai                 text CHECK (send_pai IN ('yes', 'no')),
    device_state_busy_at     integer,
    media_address            text,
    language                 text,
    set_var                  text
);

CREATE TABLE ps_aors (
    id                    text PRIMARY KEY,
    contact               text,
    mailboxes             text,
    max_contacts          integer,
    remove_existing       text CHECK (remove_existing IN ('yes', 'no')),
    remove_unavailable    text CHECK (remove_unavailable IN ('yes', 'no')),
    minimum_expiration    integer,
    default_expiration    integer,
    maximum_expiration    integer,
    qualify_frequency     integer,
    qualify_timeout       double precision,
    support_path          text CHECK (support_path IN ('yes', 'no'))
);

-- No column for a password: digests only.
CREATE TABLE ps_auths (
    id               text PRIMARY KEY,
    auth_type        text NOT NULL CHECK (auth_type = 'digest'),
    username         text NOT NULL,
    realm            text NOT NULL,
    -- 'MD5:' and MD5 of username:realm:password
    password_digest  text NOT NULL
);

CREATE TABLE ps_contacts (
    id                    text PRIMARY KEY,
    uri                   text,
    path                  text,
    -- seconds since 1970
    expiration_time       bigint,
    qualify_frequency     integer,
    qualify_timeout       double precision,
    qualify_2xx_only      text,
    authenticate_qualify  text,
    outbound_proxy        text,
    user_agent            text,
    endpoint              text,
    reg_server            text,
    via_addr              text,
    via_port              integer,
    call_id               text,
    prune_on_boot         text
);
-- Asterisk looks contacts up by the start of their id ("1002;@..."), and prunes by server and expiry.
CREATE INDEX ps_contacts_id_prefix ON ps_contacts (id text_pattern_ops);
CREATE INDEX ps_contacts_qualify ON ps_contacts (qualify_frequency, expiration_time);

-- The DNs whose rows above come from the environment file, and go with it. Rows of other DNs are left alone.
CREATE TABLE provisioned_dns (
    dn text PRIMARY KEY
);

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO asterisk;
GRANT SELECT ON ps_endpoints, ps_aors, ps_auths TO asterisk;
GRANT SELECT, INSERT, UPDATE, DELETE ON ps_contacts TO asterisk;
