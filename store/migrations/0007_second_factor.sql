-- Version 7: the second factor of who has one (store/secondfactor.go).

CREATE TABLE second_factor (
    person    INTEGER PRIMARY KEY REFERENCES person (id),
    secret    BLOB    NOT NULL,           -- sealed
    begun_at  INTEGER NOT NULL,
    since     INTEGER,                    -- NULL: set up, and no code of it was seen yet
    last_step INTEGER NOT NULL DEFAULT 0  -- of the last code that was taken; none of then or before is taken again
) STRICT;

CREATE TABLE spare_code (
    person    INTEGER NOT NULL REFERENCES person (id),
    code_hash BLOB    NOT NULL,           -- keyed hash; gone when used
    PRIMARY KEY (person, code_hash)
) STRICT, WITHOUT ROWID;
