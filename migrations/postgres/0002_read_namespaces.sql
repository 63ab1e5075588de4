-- The namespaces of the views: schemas of this database that are folded from the log and can be thrown away.

CREATE TABLE read_namespaces
(
    name       text PRIMARY KEY,
    -- What its tables look like; a program that expects something else does not use it.
    shape      text        NOT NULL,
    created_at timestamptz NOT NULL,
    live       boolean     NOT NULL DEFAULT false,
    -- When another one took its place.
    retired_at timestamptz
);

-- One answers the queries.
CREATE UNIQUE INDEX read_namespaces_live ON read_namespaces (live) WHERE live;
