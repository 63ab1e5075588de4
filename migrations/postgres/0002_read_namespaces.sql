-- The namespaces of the views: schemas of this database that are folded from the log and can be thrown away.

CREATE TABLE read_namespaces
(
    name       text PRIMARY KEY,
    -- Of the tables and of what fills them; a program of another version neither uses nor fills it.
    version    text        NOT NULL,
    created_at timestamptz NOT NULL,
    live       boolean     NOT NULL DEFAULT false,
    -- When another one took its place.
    retired_at timestamptz
);

-- One answers the queries.
CREATE UNIQUE INDEX read_namespaces_live ON read_namespaces (live) WHERE live;
