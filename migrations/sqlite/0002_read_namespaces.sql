-- The namespaces of the views: files beside this one that are folded from the log and can be thrown away.

CREATE TABLE read_namespaces
(
    name       text PRIMARY KEY NOT NULL,
    -- Of the tables and of what fills them; a program of another version neither uses nor fills it.
    version    text             NOT NULL,
    created_at text             NOT NULL,
    live       integer          NOT NULL DEFAULT 0,
    -- When another one took its place.
    retired_at text
) STRICT, WITHOUT ROWID;

-- One answers the queries.
CREATE UNIQUE INDEX read_namespaces_live ON read_namespaces (live) WHERE live;
