-- DNs that an operator added to the running database (`npm run dn -- add`). They stay whatever the environment file
-- lists, and follow its settings, such as codecs: a release writes their rows anew.
CREATE TABLE added_dns (
    dn            text PRIMARY KEY CHECK (dn ~ '^[0-9]{1,20}$'),
    -- NULL: the default name
    display_name  text
);
