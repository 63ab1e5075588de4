-- The log: the source of truth. Events are only ever added, in one dense order.

-- The columns and the key of postgres-es, so that its own repository can read the table, and what the log adds.
CREATE TABLE events
(
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL DEFAULT '{}',
    position       bigint CHECK (position >= 1) NOT NULL UNIQUE,
    event_id       uuid                         NOT NULL,
    recorded_at    timestamptz                  NOT NULL,
    occurred_at    timestamptz                  NOT NULL,
    command_id     uuid                         NOT NULL,
    causation_id   uuid,
    correlation_id uuid                         NOT NULL,
    actor          text                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed: append a correcting one';
END
$$;

CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last position and when it was recorded. Whoever appends locks this row first.
CREATE TABLE log_head
(
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL
);

INSERT INTO log_head (position, recorded_at) VALUES (0, '1970-01-01T00:00:00Z');

-- What is known of the time: when somebody who serves, and whose clock was right, last saw the log, and when an operator
-- last said that a clock is right.
CREATE TABLE clock
(
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seen_at      timestamptz,
    confirmed_at timestamptz
);

INSERT INTO clock DEFAULT VALUES;

-- What is written and taken away again after an append has failed, to see whether the database takes anything.
CREATE TABLE probes (room bytea NOT NULL);

ALTER TABLE probes ALTER COLUMN room SET STORAGE EXTERNAL; -- As long as it is, zeroes or not.

-- What each command brought about, so that asking twice changes nothing.
CREATE TABLE receipts
(
    command_id     uuid PRIMARY KEY,
    fingerprint    bytea       NOT NULL,
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL
);

-- The keys of the people whose data is in the log, one for each person within each aggregate. Once a key is destroyed
-- nobody can read what it sealed; its row stays, so that this is known to be erased and not taken for damaged.
CREATE TABLE subject_keys
(
    id             uuid PRIMARY KEY,
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    subject        uuid        NOT NULL,
    key            bytea,
    created_at     timestamptz NOT NULL DEFAULT now(),
    destroyed_at   timestamptz,
    CHECK ((key IS NULL) = (destroyed_at IS NOT NULL))
);

-- What is sealed after that gets another.
CREATE UNIQUE INDEX subject_keys_in_use ON subject_keys (aggregate_type, aggregate_id, subject) WHERE key IS NOT NULL;

CREATE FUNCTION refuse_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'keys are only destroyed: set key to null and destroyed_at to the present instant';
END
$$;

CREATE TRIGGER keys_are_only_destroyed BEFORE UPDATE ON subject_keys
    FOR EACH ROW
    WHEN (NEW.key IS NOT NULL OR NEW.id <> OLD.id OR NEW.subject <> OLD.subject
        OR NEW.aggregate_type <> OLD.aggregate_type OR NEW.aggregate_id <> OLD.aggregate_id)
    EXECUTE FUNCTION refuse_key_change();

CREATE TRIGGER keys_stay BEFORE DELETE OR TRUNCATE ON subject_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_key_change();

-- What this installation alone knows. Fingerprints are keyed with it, so that nobody can try out what was asked.
CREATE TABLE secrets
(
    name   text PRIMARY KEY,
    secret bytea NOT NULL
);

-- How far each follower of the log has come.
CREATE TABLE checkpoints
(
    name     text PRIMARY KEY,
    position bigint NOT NULL
);

-- Effects that did not come when they were due: refused, waiting for something else, or failed. Kept until they come,
-- and for good where somebody has dismissed them.
CREATE TABLE open_items
(
    command_id   uuid PRIMARY KEY,
    kind         text        NOT NULL,
    -- The event that asks for it.
    event_id     uuid        NOT NULL,
    position     bigint      NOT NULL,
    command      text        NOT NULL,
    aggregate_id uuid        NOT NULL,
    -- The aggregate that something has to happen to first.
    waits_for    uuid,
    code         text        NOT NULL,
    reason       text        NOT NULL,
    since        timestamptz NOT NULL,
    tried_at     timestamptz NOT NULL,
    tries        bigint      NOT NULL,
    -- Somebody wants it tried again.
    asked        boolean     NOT NULL,
    -- Somebody has said that it will never come, and why.
    dismissed_at  timestamptz,
    dismissed_by  text,
    dismissed_for text,
    CHECK ((dismissed_at IS NULL) = (dismissed_by IS NULL) AND (dismissed_at IS NULL) = (dismissed_for IS NULL))
);

CREATE INDEX open_items_oldest ON open_items (since, command_id);
CREATE INDEX open_items_dismissed ON open_items (position) WHERE dismissed_at IS NOT NULL;
CREATE INDEX open_items_waiting ON open_items (waits_for) WHERE waits_for IS NOT NULL;

-- Mail that events cause. Neither an address nor a text stands here: it is written from the log whenever it goes.
CREATE TABLE outbox
(
    id             uuid PRIMARY KEY,
    kind           text        NOT NULL,
    -- The event that causes it.
    event_id       uuid        NOT NULL,
    position       bigint      NOT NULL,
    -- Who knows the address.
    recipient_type text        NOT NULL,
    recipient_id   uuid        NOT NULL,
    state          text        NOT NULL,
    since          timestamptz NOT NULL,
    -- Not tried before that; whoever tries it puts it off for longer than that takes.
    due_at         timestamptz NOT NULL,
    give_up_at     timestamptz NOT NULL,
    tries          bigint      NOT NULL,
    tried_at       timestamptz,
    settled_at     timestamptz,
    -- Why it was not sent, without the words of the server, which may name people.
    problem        text        NOT NULL,
    CHECK ((settled_at IS NULL) = (state = 'waiting'))
);

CREATE INDEX outbox_oldest ON outbox (since, id);
CREATE INDEX outbox_states ON outbox (state, since, id);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
-- What people and API clients sign in with. It is never in an event, and only hashes stand here.

CREATE TABLE passwords
(
    account_id uuid PRIMARY KEY,
    hash       text        NOT NULL,
    -- Counts the account's passwords; a link that resets one names the one that it replaces, so that it works once.
    generation bigint      NOT NULL CHECK (generation >= 1),
    changed_at timestamptz NOT NULL
);

-- A sign-in with its family of refresh tokens: one at a time is good.
CREATE TABLE sessions
(
    id           uuid PRIMARY KEY,
    account_id   uuid        NOT NULL,
    client       text        NOT NULL,
    generation   bigint      NOT NULL,
    token_hash   bytea       NOT NULL,
    begun_at     timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    ended_for    text,
    CHECK ((ended_at IS NULL) = (ended_for IS NULL))
);

CREATE INDEX sessions_of_account ON sessions (account_id) WHERE ended_at IS NULL;

CREATE TABLE api_keys
(
    id         uuid PRIMARY KEY,
    account_id uuid        NOT NULL,
    name       text        NOT NULL,
    hash       bytea       NOT NULL,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    revoked_at timestamptz
);

CREATE INDEX api_keys_of_account ON api_keys (account_id) WHERE revoked_at IS NULL;

-- Changes of which the log has still to be told. What opened a door is shut before anybody hears of it.
CREATE TABLE credential_changes
(
    id         uuid PRIMARY KEY,
    account_id uuid        NOT NULL,
    what       text        NOT NULL,
    key_id     uuid,
    at         timestamptz NOT NULL
);

-- How often something may be tried, under keyed hashes of who tries; microseconds since 1970, for reckoning.
CREATE TABLE throttles
(
    key        bytea PRIMARY KEY,
    paid_until bigint NOT NULL
);

-- Appends a batch in one round trip, if every stream is where its writer saw it and no command is known.
-- Otherwise it writes nothing and says so.
CREATE FUNCTION append_batch(
    taken_at timestamptz,
    stream_types text[], stream_ids text[], stream_sequences bigint[], asked_commands uuid[],
    event_aggregate_types text[], event_aggregate_ids text[], event_sequences bigint[],
    event_types text[], event_versions text[], payloads text[], event_ids uuid[],
    occurred_ats timestamptz[], event_commands uuid[], causation_ids uuid[], correlation_ids uuid[], actors text[],
    receipt_commands uuid[], fingerprints bytea[], receipt_types text[], receipt_ids text[],
    first_offsets bigint[], last_offsets bigint[]
)
    RETURNS TABLE (head bigint, stamped_at timestamptz, written boolean)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT h.position, greatest(h.recorded_at, taken_at) INTO STRICT head, stamped_at FROM log_head h FOR UPDATE;

    -- A statement of its own, so that it sees what others committed while this one waited for the row.
    written := NOT EXISTS (
        SELECT FROM unnest(stream_types, stream_ids, stream_sequences) AS s (type, id, sequence)
        WHERE s.sequence <> coalesce((
            SELECT max(e.sequence) FROM events e WHERE e.aggregate_type = s.type AND e.aggregate_id = s.id), 0)
    ) AND NOT EXISTS (SELECT FROM receipts r WHERE r.command_id = ANY (asked_commands));

    IF written THEN
        INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, position,
                            event_id, recorded_at, occurred_at, command_id, causation_id, correlation_id, actor)
        SELECT n.aggregate_type, n.aggregate_id, n.sequence, n.event_type, n.event_version, n.payload::json,
               head + n.nth, n.event_id, stamped_at, n.occurred_at, n.command_id, n.causation_id, n.correlation_id,
               n.actor
        FROM unnest(event_aggregate_types, event_aggregate_ids, event_sequences, event_types, event_versions, payloads,
                    event_ids, occurred_ats, event_commands, causation_ids, correlation_ids, actors)
            WITH ORDINALITY AS n (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, event_id,
                                  occurred_at, command_id, causation_id, correlation_id, actor, nth);

        INSERT INTO receipts (command_id, fingerprint, aggregate_type, aggregate_id, first_position, last_position,
                              recorded_at)
        SELECT n.command_id, n.fingerprint, n.type, n.id, head + n.first_offset, head + n.last_offset, stamped_at
        FROM unnest(receipt_commands, fingerprints, receipt_types, receipt_ids, first_offsets, last_offsets)
            AS n (command_id, fingerprint, type, id, first_offset, last_offset);

        IF cardinality(event_ids) > 0 THEN
            UPDATE log_head SET position = head + cardinality(event_ids), recorded_at = stamped_at;
            PERFORM pg_notify('accord_log', (head + cardinality(event_ids))::text);
        END IF;
    END IF;
    RETURN NEXT;
END
$$;
