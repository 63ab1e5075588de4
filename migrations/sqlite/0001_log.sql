-- The log: the source of truth. Events are only ever added, in one dense order.
-- Instants are RFC 3339 in UTC with microseconds, all of one width, so that they sort as text and a person can read them.

-- The columns and the key of sqlite-es, so that its own repository can read the table, and what the log adds.
CREATE TABLE events
(
    aggregate_type text                          NOT NULL,
    aggregate_id   text                          NOT NULL,
    sequence       integer CHECK (sequence >= 0) NOT NULL,
    event_type     text                          NOT NULL,
    event_version  text                          NOT NULL,
    payload        text                          NOT NULL,
    metadata       text                          NOT NULL DEFAULT '{}',
    position       integer CHECK (position >= 1) NOT NULL UNIQUE,
    event_id       text                          NOT NULL,
    recorded_at    text                          NOT NULL,
    occurred_at    text                          NOT NULL,
    command_id     text                          NOT NULL,
    causation_id   text,
    correlation_id text                          NOT NULL,
    actor          text                          NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
) STRICT;

CREATE TRIGGER events_stay_unchanged BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed or removed: append a correcting one');
END;

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed or removed: append a correcting one');
END;

-- The last position and when it was recorded.
CREATE TABLE log_head
(
    only_row    integer PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    position    integer NOT NULL,
    recorded_at text    NOT NULL
) STRICT;

INSERT INTO log_head (position, recorded_at) VALUES (0, '1970-01-01T00:00:00.000000Z');

-- What is known of the time: when somebody who serves, and whose clock was right, last saw the log, and when an operator
-- last said that a clock is right.
CREATE TABLE clock
(
    only_row     integer PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
    seen_at      text,
    confirmed_at text
) STRICT;

INSERT INTO clock DEFAULT VALUES;

-- What is written and taken away again after an append has failed, to see whether the file takes anything.
CREATE TABLE probes (room blob NOT NULL) STRICT;

-- What each command brought about, so that asking twice changes nothing.
CREATE TABLE receipts
(
    command_id     text PRIMARY KEY NOT NULL,
    fingerprint    blob             NOT NULL,
    aggregate_type text             NOT NULL,
    aggregate_id   text             NOT NULL,
    first_position integer          NOT NULL,
    last_position  integer          NOT NULL,
    recorded_at    text             NOT NULL
) STRICT, WITHOUT ROWID;

-- The keys of the people whose data is in the log, one for each person within each aggregate. Once a key is destroyed
-- nobody can read what it sealed; its row stays, so that this is known to be erased and not taken for damaged.
CREATE TABLE subject_keys
(
    id             text PRIMARY KEY NOT NULL,
    aggregate_type text             NOT NULL,
    aggregate_id   text             NOT NULL,
    subject        text             NOT NULL,
    key            blob,
    created_at     text             NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    destroyed_at   text,
    CHECK ((key IS NULL) = (destroyed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What is sealed after that gets another.
CREATE UNIQUE INDEX subject_keys_in_use ON subject_keys (aggregate_type, aggregate_id, subject) WHERE key IS NOT NULL;

CREATE TRIGGER keys_are_only_destroyed BEFORE UPDATE ON subject_keys
    WHEN NEW.key IS NOT NULL OR NEW.id <> OLD.id OR NEW.subject <> OLD.subject
        OR NEW.aggregate_type <> OLD.aggregate_type OR NEW.aggregate_id <> OLD.aggregate_id
BEGIN
    SELECT RAISE(ABORT, 'keys are only destroyed: set key to null and destroyed_at to the present instant');
END;

CREATE TRIGGER keys_stay BEFORE DELETE ON subject_keys
BEGIN
    SELECT RAISE(ABORT, 'keys are only destroyed: set key to null and destroyed_at to the present instant');
END;

-- What this installation alone knows. Fingerprints are keyed with it, so that nobody can try out what was asked.
CREATE TABLE secrets
(
    name   text PRIMARY KEY NOT NULL,
    secret blob             NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each follower of the log has come.
CREATE TABLE checkpoints
(
    name     text PRIMARY KEY NOT NULL,
    position integer          NOT NULL
) STRICT, WITHOUT ROWID;

-- Effects that did not come when they were due: refused, waiting for something else, or failed. Kept until they come,
-- and for good where somebody has dismissed them.
CREATE TABLE open_items
(
    command_id   text PRIMARY KEY NOT NULL,
    kind         text             NOT NULL,
    -- The event that asks for it.
    event_id     text             NOT NULL,
    position     integer          NOT NULL,
    command      text             NOT NULL,
    aggregate_id text             NOT NULL,
    -- The aggregate that something has to happen to first.
    waits_for    text,
    code         text             NOT NULL,
    reason       text             NOT NULL,
    since        text             NOT NULL,
    tried_at     text             NOT NULL,
    tries        integer          NOT NULL,
    -- Somebody wants it tried again.
    asked        integer          NOT NULL,
    -- Somebody has said that it will never come, and why.
    dismissed_at  text,
    dismissed_by  text,
    dismissed_for text,
    CHECK ((dismissed_at IS NULL) = (dismissed_by IS NULL) AND (dismissed_at IS NULL) = (dismissed_for IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX open_items_oldest ON open_items (since, command_id);
CREATE INDEX open_items_dismissed ON open_items (position) WHERE dismissed_at IS NOT NULL;
CREATE INDEX open_items_waiting ON open_items (waits_for) WHERE waits_for IS NOT NULL;

-- Mail that events cause. Neither an address nor a text stands here: it is written from the log whenever it goes.
CREATE TABLE outbox
(
    id             text PRIMARY KEY NOT NULL,
    kind           text             NOT NULL,
    -- The event that causes it.
    event_id       text             NOT NULL,
    position       integer          NOT NULL,
    -- Who knows the address.
    recipient_type text             NOT NULL,
    recipient_id   text             NOT NULL,
    state          text             NOT NULL,
    since          text             NOT NULL,
    -- Not tried before that; whoever tries it puts it off for longer than that takes.
    due_at         text             NOT NULL,
    give_up_at     text             NOT NULL,
    tries          integer          NOT NULL,
    tried_at       text,
    settled_at     text,
    -- Why it was not sent, without the words of the server, which may name people.
    problem        text             NOT NULL,
    CHECK ((settled_at IS NULL) = (state = 'waiting'))
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_oldest ON outbox (since, id);
CREATE INDEX outbox_states ON outbox (state, since, id);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
-- What people and API clients sign in with. It is never in an event, and only hashes stand here.

CREATE TABLE passwords
(
    account_id text PRIMARY KEY NOT NULL,
    hash       text NOT NULL,
    -- Counts the account's passwords; a link that resets one names the one that it replaces, so that it works once.
    generation integer NOT NULL CHECK (generation >= 1),
    changed_at text NOT NULL
) STRICT, WITHOUT ROWID;

-- A sign-in with its family of refresh tokens: one at a time is good.
CREATE TABLE sessions
(
    id           text PRIMARY KEY NOT NULL,
    account_id   text NOT NULL,
    client       text NOT NULL,
    generation   integer NOT NULL,
    token_hash   blob NOT NULL,
    begun_at     text NOT NULL,
    refreshed_at text NOT NULL,
    expires_at   text NOT NULL,
    ended_at     text,
    ended_for    text,
    CHECK ((ended_at IS NULL) = (ended_for IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_of_account ON sessions (account_id) WHERE ended_at IS NULL;

CREATE TABLE api_keys
(
    id         text PRIMARY KEY NOT NULL,
    account_id text NOT NULL,
    name       text NOT NULL,
    hash       blob NOT NULL,
    issued_at  text NOT NULL,
    expires_at text NOT NULL,
    used_at    text,
    revoked_at text
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_account ON api_keys (account_id) WHERE revoked_at IS NULL;

-- Changes of which the log has still to be told. What opened a door is shut before anybody hears of it.
CREATE TABLE credential_changes
(
    id         text PRIMARY KEY NOT NULL,
    account_id text NOT NULL,
    what       text NOT NULL,
    key_id     text,
    at         text NOT NULL
) STRICT, WITHOUT ROWID;

-- How often something may be tried, under keyed hashes of who tries; microseconds since 1970, for reckoning.
CREATE TABLE throttles
(
    key        blob PRIMARY KEY NOT NULL,
    paid_until integer NOT NULL
) STRICT, WITHOUT ROWID;
