-- Version 5: what was erased (store/erase.go). It holds ids and numbers, never a handle, a name or a title.

CREATE TABLE erasure (
    kind        TEXT    NOT NULL CHECK (kind IN ('person', 'thread')),
    subject     INTEGER NOT NULL,           -- the person's id, the thread's number
    at          INTEGER NOT NULL,
    handle_hash BLOB,                       -- keyed hash of the person's handle, which is never given again
    entries     INTEGER NOT NULL,           -- how many are gone, of each
    revisions   INTEGER NOT NULL,
    drafts      INTEGER NOT NULL,
    threads     INTEGER NOT NULL,
    keys        INTEGER NOT NULL,           -- data keys
    audit       INTEGER NOT NULL,           -- its record in the audit log
    epoch       INTEGER NOT NULL DEFAULT 0, -- that began with it; 0 until the key ring has followed
    final_at    INTEGER,                    -- from when no backup opens it any more
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX erasure_handle ON erasure (handle_hash) WHERE handle_hash IS NOT NULL;
CREATE INDEX erasure_epoch ON erasure (epoch, at);

CREATE TABLE erasure_request (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    at     INTEGER NOT NULL
) STRICT;

-- Who left is erased too, so their memberships must be found.
DROP INDEX member_person;
CREATE INDEX member_person ON member (person, left_at);
