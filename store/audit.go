package store

import (
	"context"
	"errors"
	"time"
)

// The audit log says who did what, when and to whom, and who opened which thread; never what was written. Each record is
// written in the transaction of what it records, so there is neither without the other, and is chained to the one before
// it (audit_chain.go). What is opened is recorded once an hour (audit_openings.go).

// AuditKind is what a record of the audit log is about.
type AuditKind string

// All that is recorded. What is added here needs no change elsewhere; a word never changes its meaning. An actor is who did
// it, no actor is the operator. "How" in Detail is a key's fingerprint or "words"; a demo also has "demo".
const (
	AuditBegun          AuditKind = "log-begun"           // with a new practice, or when one from before the log is opened first
	AuditPracticeOpened AuditKind = "practice-opened"     // by a server, or by a command while none runs
	AuditPracticeClosed AuditKind = "practice-closed"     // missing after a kill
	AuditSignedIn       AuditKind = "signed-in"           // how
	AuditInvited        AuditKind = "invitation-made"     // for the subject
	AuditInvitedAnew    AuditKind = "invitation-replaced" // the same, and the code that was open before is void
	AuditRedeemed       AuditKind = "invitation-redeemed" // how the person will sign in
	AuditKeyAdded       AuditKind = "key-added"           // which; it signs nobody in before it is confirmed
	AuditKeyConfirmed   AuditKind = "key-confirmed"       // which
	AuditKeyRemoved     AuditKind = "key-removed"         // which, or "words"
	AuditWordsChanged   AuditKind = "words-changed"       // sign-in words in the place of others
	AuditDisabled       AuditKind = "account-disabled"
	AuditEnabled        AuditKind = "account-enabled"
	AuditConnected      AuditKind = "connected"    // the client, the subject, with the coach, the peer
	AuditDisconnected   AuditKind = "disconnected" // the same two
	AuditBackedUp       AuditKind = "backup-begun" // so that the backup holds its own record
	AuditRestored       AuditKind = "restored"     // out of a backup, whose log this one goes on
	AuditThreadMade     AuditKind = "thread-made"
	AuditMemberJoined   AuditKind = "member-joined" // the subject, by whoever made the thread
	AuditMemberLeft     AuditKind = "member-left"
	AuditPersonErased   AuditKind = "person-erased" // the subject
	AuditThreadErased   AuditKind = "thread-erased" // the thread
	AuditErasedAgain    AuditKind = "erased-again"  // the subject or the thread: the database was an older backup
	AuditErasureAsked   AuditKind = "erasure-asked" // by the person themselves
	AuditErasureDropped AuditKind = "erasure-request-withdrawn"
	AuditThreadRead     AuditKind = "thread-read"      // once an hour for each person
	AuditThreadSearched AuditKind = "thread-searched"  // the same
	AuditThreadExported AuditKind = "thread-exported"  // each thread of an export, each time
	AuditSlotAdded      AuditKind = "key-slot-added"   // the kind of the slot and its number
	AuditSlotRemoved    AuditKind = "key-slot-removed" // its number
	AuditKeysRotated    AuditKind = "keys-rotated"     // a new file key; a new epoch follows
	AuditCopyForgotten  AuditKind = "ring-copy-forgotten"
	AuditFactorOn       AuditKind = "second-factor-on"
	AuditFactorOff      AuditKind = "second-factor-off"
	AuditFactorReset    AuditKind = "second-factor-reset" // by the operator, for the subject
	AuditSpareUsed      AuditKind = "second-factor-recovery-used"
)

// byWords is how somebody signs in who does not do so by a key; byDemo, who shows nothing.
const (
	byWords = wordsKey
	byDemo  = "demo"
)

// act is what a verb has recorded; what does not apply is left out.
type act struct {
	kind                         AuditKind
	actor, subject, peer, thread int64
	detail                       string // fixed words and fingerprints only
}

// audit adds a record to the log. It stands in the transaction of what it records.
func (t *tx) audit(ctx context.Context, a act) error {
	head, err := t.auditEnd(ctx)
	if err != nil {
		return err
	}
	r := auditRow{seq: head.seq + 1, at: t.now, act: a}
	r.mac = t.store.keys.AuditMAC(head.link, r.fields()...)
	err = t.exec(ctx, `
		INSERT INTO audit (seq, at, kind, actor, subject, peer, thread, detail, mac)
		VALUES (?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0), nullif(?, 0), ?, ?)`,
		r.seq, moment(r.at), string(r.kind), r.actor, r.subject, r.peer, r.thread, r.detail, r.mac)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE audit_head SET seq = ?, link = ? WHERE one = 1`, r.seq, t.store.keys.AuditLink(r.mac))
}

// auditPatience bounds the record of an opening or a closing, for which nobody's context stands.
const auditPatience = 10 * time.Second

// auditOpened records that the practice was opened; the first time also that the log begins.
func (s *Store) auditOpened(ctx context.Context) {
	s.auditAlone(ctx, func(t *tx) error {
		end, err := t.auditEnd(ctx)
		if err == nil && end.seq == 0 {
			err = t.audit(ctx, act{kind: AuditBegun})
		}
		if err != nil {
			return err
		}
		return t.audit(ctx, act{kind: AuditPracticeOpened})
	})
}

// auditClosed records that the practice is closed.
func (s *Store) auditClosed() {
	ctx, cancel := context.WithTimeout(context.Background(), auditPatience)
	defer cancel()
	s.auditAlone(ctx, func(t *tx) error { return t.audit(ctx, act{kind: AuditPracticeClosed}) })
}

// auditAlone writes what stands in no verb's transaction. A practice whose disk is full still opens and closes.
func (s *Store) auditAlone(ctx context.Context, do func(*tx) error) {
	if err := s.write(ctx, "write the audit log", do); err != nil {
		s.warnUnrecorded(err)
	}
}

// orUnrecorded lets a person come in and read though the record of it could not be written, for a full disk must not
// close their journal to them. It answers the error of those who may not.
func (s *Store) orUnrecorded(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, ErrSignedOut) || errors.Is(err, ErrFactorDue) || ctx.Err() != nil {
		return err
	}
	s.warnUnrecorded(err)
	return nil
}

func (s *Store) warnUnrecorded(err error) {
	s.log.Warn("the audit log could not be written", "error", err)
}
