-- Version 3: every text is sealed under a data key of its owner (store/datakeys.go), so that one person's words can be erased
-- without another's.

CREATE TABLE data_key (
    kind    TEXT    NOT NULL, -- with a and b: the owner
    a       INTEGER NOT NULL,
    b       INTEGER NOT NULL,
    epoch   INTEGER NOT NULL, -- of the key ring, by which it is wrapped
    wrapped BLOB    NOT NULL,
    PRIMARY KEY (kind, a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX data_key_epoch ON data_key (epoch);

ALTER TABLE practice ADD COLUMN ring_generation INTEGER NOT NULL DEFAULT 0; -- the highest that this database has seen

ALTER TABLE thread ADD COLUMN opener INTEGER REFERENCES person (id); -- whose title it is
UPDATE thread SET opener = (SELECT m.person FROM member m WHERE m.thread = thread.number ORDER BY m.joined_at, m.rowid LIMIT 1);

-- >>> in Go: sealAnew (store/migrate_datakeys.go)

ALTER TABLE thread DROP COLUMN data_key;
