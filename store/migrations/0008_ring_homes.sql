-- Version 8: a copy of the key ring belongs to the practice in one data folder (store/ring_copies.go).

ALTER TABLE ring_copy ADD COLUMN home TEXT NOT NULL DEFAULT '';
