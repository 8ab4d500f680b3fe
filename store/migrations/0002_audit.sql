-- Version 2: the audit log, a chain of records that nothing may change or take away (store/audit.go).
--
-- It holds ids and fixed words, never a handle, a name or a title. Persons and threads are not referenced, for a record
-- outlives their erasure.

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY, -- counts up from 1 without a gap
    at      INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    actor   INTEGER,             -- the person who did it; NULL: the operator
    subject INTEGER,             -- the person it was done to
    peer    INTEGER,             -- the coach of a connection, whose client is the subject
    thread  INTEGER,
    detail  TEXT    NOT NULL,    -- a fixed word or a key's fingerprint
    mac     BLOB    NOT NULL     -- of the record and all before it: store/seal/audit.go
) STRICT;
CREATE INDEX audit_thread ON audit (thread, at) WHERE thread IS NOT NULL;

-- Where the chain ends, so that it cannot be cut short unseen.
CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL, -- of the last record
    link BLOB    NOT NULL  -- what it left for the next
) STRICT;
INSERT INTO audit_head (one, seq, link) VALUES (1, 0, X'');

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is never cut'); END;
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head WHEN NEW.seq <> OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'the audit log grows by one record at a time'); END;
CREATE TRIGGER audit_head_keeps BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the audit log is never cut'); END;
