-- Version 1: people, how they sign in, whom they are connected with, and their threads.
--
-- Times are microseconds since 1970, UTC. Columns marked "sealed" hold what store/seal made of a text; nothing else here
-- tells what anybody wrote or is called. Ids are drawn at random and never used again.

CREATE TABLE practice (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    instance     BLOB    NOT NULL, -- random; the sub-keys of the master key are derived with it
    key_check    BLOB    NOT NULL, -- by which the right master key is known again
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE person (
    id          INTEGER PRIMARY KEY,
    handle      TEXT    NOT NULL UNIQUE,
    role        TEXT    NOT NULL CHECK (role IN ('coach', 'client')),
    name        BLOB    NOT NULL, -- sealed
    settings    TEXT    NOT NULL DEFAULT '{}',
    invited_by  INTEGER REFERENCES person (id), -- the coach who made the account; NULL if the operator did
    stored      INTEGER NOT NULL DEFAULT 0,     -- bytes of sealed texts that they keep in threads
    added_at    INTEGER NOT NULL,
    joined_at   INTEGER,
    disabled_at INTEGER
) STRICT;
CREATE INDEX person_role ON person (role);

CREATE TABLE credential (
    id           INTEGER PRIMARY KEY,
    person       INTEGER NOT NULL REFERENCES person (id),
    kind         TEXT    NOT NULL CHECK (kind IN ('key', 'words')),
    pending      INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)), -- 1: added, but its holder has not signed with it yet
    fingerprint  TEXT,
    type         TEXT    NOT NULL,
    blob         BLOB,            -- the public key as the wire has it
    words        TEXT,            -- Argon2id of the sign-in words
    comment      BLOB,            -- sealed
    added_at     INTEGER NOT NULL,
    last_used_at INTEGER,
    CHECK ((kind = 'key') = (fingerprint IS NOT NULL AND blob IS NOT NULL)),
    CHECK ((kind = 'words') = (words IS NOT NULL)),
    CHECK (kind = 'key' OR pending = 0)
) STRICT;
CREATE UNIQUE INDEX credential_key ON credential (person, fingerprint);
CREATE UNIQUE INDEX credential_active ON credential (fingerprint) WHERE pending = 0; -- a pending key keeps nobody else from it
CREATE UNIQUE INDEX credential_words ON credential (person) WHERE kind = 'words';

CREATE TABLE invitation (
    code_hash   BLOB    PRIMARY KEY, -- keyed hash of the code
    person      INTEGER NOT NULL REFERENCES person (id),
    made_at     INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    redeemed_at INTEGER,
    voided_at   INTEGER              -- replaced by a newer one
) STRICT;
CREATE UNIQUE INDEX invitation_open ON invitation (person) WHERE redeemed_at IS NULL AND voided_at IS NULL;

CREATE TABLE connection (
    client   INTEGER NOT NULL REFERENCES person (id),
    coach    INTEGER NOT NULL REFERENCES person (id),
    since    INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (client, coach)
) STRICT;
CREATE INDEX connection_coach ON connection (coach);

CREATE TABLE thread (
    number      INTEGER PRIMARY KEY, -- the one people say
    data_key    BLOB    NOT NULL,    -- wrapped; every text of the thread is sealed under it
    title       BLOB    NOT NULL,    -- sealed
    created_at  INTEGER NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0, -- the highest entry number ever given
    last_at     INTEGER NOT NULL DEFAULT 0  -- when it was given
) STRICT;

CREATE TABLE member (
    thread    INTEGER NOT NULL REFERENCES thread (number),
    person    INTEGER NOT NULL REFERENCES person (id),
    read_mark INTEGER NOT NULL DEFAULT 0,
    joined_at INTEGER NOT NULL,
    left_at   INTEGER,
    PRIMARY KEY (thread, person)
) STRICT;
CREATE INDEX member_person ON member (person) WHERE left_at IS NULL;

CREATE TABLE entry (
    thread       INTEGER NOT NULL REFERENCES thread (number),
    number       INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    author       INTEGER NOT NULL REFERENCES person (id),
    revision     INTEGER NOT NULL DEFAULT 1,
    at           INTEGER NOT NULL,
    edited_at    INTEGER,
    withdrawn_at INTEGER,
    body         BLOB,            -- sealed; gone when withdrawn; last, so that the rest is read without it
    PRIMARY KEY (thread, number),
    CHECK ((body IS NULL) = (withdrawn_at IS NOT NULL))
) STRICT;
CREATE INDEX entry_unread ON entry (thread, number, author) WHERE withdrawn_at IS NULL;

-- The numbers of entries that were taken back. An entry's place in its thread is its number less the gaps below it, so a
-- thread of any length is counted without being read.
CREATE TABLE gap (
    thread INTEGER NOT NULL REFERENCES thread (number),
    number INTEGER NOT NULL,
    PRIMARY KEY (thread, number)
) STRICT, WITHOUT ROWID;

-- Earlier texts of edited entries, each exactly as it was sealed in entry.body.
CREATE TABLE revision (
    thread   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at       INTEGER NOT NULL, -- when this text was written
    body     BLOB    NOT NULL, -- sealed
    PRIMARY KEY (thread, number, revision),
    FOREIGN KEY (thread, number) REFERENCES entry (thread, number)
) STRICT;

CREATE TABLE draft (
    person   INTEGER NOT NULL REFERENCES person (id),
    thread   INTEGER NOT NULL REFERENCES thread (number),
    entry    INTEGER NOT NULL, -- the entry being edited, 0 for a new one
    version  INTEGER NOT NULL, -- drawn at random at each save
    body     BLOB    NOT NULL, -- sealed
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (person, thread, entry)
) STRICT;
