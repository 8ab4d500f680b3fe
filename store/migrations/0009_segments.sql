-- Version 9: the texts of many entries stand in one row, so that a search has few to read (store/segment.go).

CREATE TABLE segment (
    number  INTEGER PRIMARY KEY,
    thread  INTEGER NOT NULL REFERENCES thread (number),
    author  INTEGER NOT NULL, -- who wrote all of it; a reference would have an erasure read the whole table
    newest  INTEGER NOT NULL, -- when the newest entry in it was written
    counted INTEGER NOT NULL, -- the bytes that its texts count for in person.stored
    body    BLOB    NOT NULL  -- sealed
) STRICT;
CREATE INDEX segment_of ON segment (thread, author, newest);

ALTER TABLE entry ADD COLUMN segment INTEGER; -- where the text stands; the body is empty then

-- The entries that stand in no segment.
CREATE INDEX entry_loose ON entry (thread, author, number) WHERE segment IS NULL AND withdrawn_at IS NULL;
