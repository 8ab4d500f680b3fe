-- Version 6: where copies of the key ring lie (store/ring_copies.go).

CREATE TABLE ring_copy (
    folder TEXT PRIMARY KEY
) STRICT;
