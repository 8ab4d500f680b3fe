-- Version 10: what a list of threads says, found without counting (store/thread.go, store/place.go, store/home.go).

-- The entries of each author, withdrawn ones included, and which one of theirs in the thread each is, counted from 1.
CREATE TABLE authored (
    thread INTEGER NOT NULL,
    author INTEGER NOT NULL,
    number INTEGER NOT NULL,
    nth    INTEGER NOT NULL,
    PRIMARY KEY (thread, author, number)
) STRICT, WITHOUT ROWID;
INSERT INTO authored (thread, author, number, nth)
SELECT thread, author, number, row_number() OVER (PARTITION BY thread, author ORDER BY number) FROM entry;

ALTER TABLE gap ADD COLUMN nth INTEGER NOT NULL DEFAULT 0; -- which one of the thread's gaps it is, counted from 1
UPDATE gap SET nth = ranked.nth
FROM (SELECT thread, number, row_number() OVER (PARTITION BY thread ORDER BY number) AS nth FROM gap) AS ranked
WHERE ranked.thread = gap.thread AND ranked.number = gap.number;

DROP INDEX entry_unread;
CREATE INDEX entry_withdrawn ON entry (thread, number, author) WHERE withdrawn_at IS NOT NULL;

-- Where a thread stands on Home.
ALTER TABLE thread ADD COLUMN standing INTEGER NOT NULL DEFAULT 0; -- the last entry that was not withdrawn; 0: none
ALTER TABLE thread ADD COLUMN life_at INTEGER NOT NULL DEFAULT 0;  -- when that was written, or the thread opened
ALTER TABLE thread ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;     -- 2: a client wrote it; 1: a coach, and a client is there; else 0
UPDATE thread SET standing = coalesce(
    (SELECT e.number FROM entry e WHERE e.thread = thread.number AND e.withdrawn_at IS NULL ORDER BY e.number DESC LIMIT 1), 0);
UPDATE thread SET
    life_at = max(created_at, coalesce((SELECT e.at FROM entry e WHERE e.thread = thread.number AND e.number = thread.standing), 0)),
    turn = CASE WHEN standing = 0 OR NOT EXISTS (
            SELECT 1 FROM member m JOIN person p ON p.id = m.person
            WHERE m.thread = thread.number AND m.left_at IS NULL AND p.role = 'client') THEN 0
        WHEN EXISTS (SELECT 1 FROM entry e JOIN person p ON p.id = e.author
            WHERE e.thread = thread.number AND e.number = thread.standing AND p.role = 'client') THEN 2
        ELSE 1 END;
CREATE INDEX thread_turn ON thread (turn, life_at, number);

-- Who else opened a thread, newest first: of one thread, and of all.
CREATE INDEX audit_opened ON audit (thread, seq, actor) WHERE kind IN ('thread-read', 'thread-searched', 'thread-exported');
CREATE INDEX audit_openings ON audit (seq, thread, actor) WHERE kind IN ('thread-read', 'thread-searched', 'thread-exported');
