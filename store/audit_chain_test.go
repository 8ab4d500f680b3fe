package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// chained is a log of at least ten records.
func chained(t *testing.T) *house {
	h, jonas, anna, thread := pair(t)
	for _, a := range []*Access{jonas, anna} {
		must(a.Entries(t.Context(), thread, Span{}))(t)
	}
	if head := must(h.store.Operator().VerifyAudit(t.Context()))(t); head.Seq < 10 {
		t.Fatalf("the log has %d records", head.Seq)
	}
	return h
}

const untie = `DROP TRIGGER audit_stays; DROP TRIGGER audit_keeps; DROP TRIGGER audit_head_grows; DROP TRIGGER audit_head_keeps`

// tampered does to the log what only somebody who has the open database can, looks at it, and takes it back.
func (h *house) tampered(statements string, look func(*tx) error) error {
	h.t.Helper()
	var seen error
	undo := errors.New("undo")
	err := h.store.write(h.ctx(), "tamper", func(x *tx) error {
		for _, statement := range strings.Split(untie+";"+statements, ";") {
			if _, err := x.conn.raw.ExecContext(h.ctx(), statement); err != nil {
				h.t.Fatal(err, "in", statement)
			}
		}
		seen = look(x)
		return undo
	})
	if !errors.Is(err, undo) {
		h.t.Fatal(err)
	}
	return seen
}

func TestTamperingWithTheLogIsNoticed(t *testing.T) {
	h := chained(t)
	last := h.lastRecord()
	cut := fmt.Sprint(`DELETE FROM audit WHERE seq > `, last-2, `;`)
	for name, c := range map[string]struct {
		do  string
		seq int64
	}{
		"the time":              {`UPDATE audit SET at = at + 1 WHERE seq = 5`, 5},
		"the kind":              {`UPDATE audit SET kind = 'signed-in' WHERE kind = 'thread-read' AND seq = (SELECT max(seq) FROM audit)`, last},
		"who did it":            {`UPDATE audit SET actor = (SELECT max(id) FROM person) + 1 WHERE seq = 5`, 5},
		"that somebody did it":  {`UPDATE audit SET actor = NULL WHERE seq = (SELECT max(seq) FROM audit)`, last},
		"to whom":               {`UPDATE audit SET subject = 4711 WHERE seq = 5`, 5},
		"with whom":             {`UPDATE audit SET peer = 4711 WHERE seq = 5`, 5},
		"where":                 {`UPDATE audit SET thread = 4711 WHERE seq = 5`, 5},
		"how":                   {`UPDATE audit SET detail = 'words' WHERE seq = 5`, 5},
		"the mac":               {`UPDATE audit SET mac = zeroblob(33) WHERE seq = 5`, 5},
		"no mac":                {`UPDATE audit SET mac = X'' WHERE seq = 5`, 5},
		"one is dropped":        {`DELETE FROM audit WHERE seq = 5`, 5},
		"and the gap is closed": {`DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = -seq - 1 WHERE seq < 0`, 5},
		"the first is dropped":  {`DELETE FROM audit WHERE seq = 1`, 1},
		"two change places":     {`UPDATE audit SET seq = -5 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = -5`, 5},
		"one stands before all": {`INSERT INTO audit SELECT 0, at, kind, actor, subject, peer, thread, detail, mac FROM audit WHERE seq = 5`, 1},
		"one is added":          {`INSERT INTO audit SELECT seq + 1, at, kind, actor, subject, peer, thread, detail, mac FROM audit WHERE seq = ` + fmt.Sprint(last), last + 1},
		"the end is cut off":    {cut, last - 1},
		"and the head follows":  {cut + `UPDATE audit_head SET seq = seq - 2`, last - 2},
		"with the last mac":     {cut + `UPDATE audit_head SET seq = seq - 2, link = (SELECT mac FROM audit ORDER BY seq DESC LIMIT 1)`, last - 2},
		"all is gone":           {`DELETE FROM audit`, 1},
		"and the head is moved": {`DELETE FROM audit; UPDATE audit_head SET seq = 0`, 0},
		"the head":              {`UPDATE audit_head SET link = zeroblob(33)`, last},
		"the head's number":     {`UPDATE audit_head SET seq = seq + 1`, last + 1},
	} {
		err := h.tampered(c.do, func(x *tx) error { return second(x.verifyAudit(t.Context())) })
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprint("record ", c.seq, " of")) {
			t.Errorf("%s: got %v, want record %d named", name, err, c.seq)
		}
	}
	err := h.tampered(`DELETE FROM audit_head`, func(x *tx) error { return second(x.verifyAudit(t.Context())) })
	wantErr(t, err, ErrDamaged)
	must(h.store.Operator().VerifyAudit(t.Context()))(t) // all was taken back
}

// TestACutStaysVisible cuts the end off, makes the head fit as well as one can without the key, and lets the log grow on.
func TestACutStaysVisible(t *testing.T) {
	h := chained(t)
	last := h.lastRecord()
	for name, link := range map[string]string{"its own link": `link`, "the last mac": `(SELECT mac FROM audit ORDER BY seq DESC LIMIT 1)`, "none": `X''`} {
		err := h.tampered(fmt.Sprintf(`DELETE FROM audit WHERE seq > %d; UPDATE audit_head SET seq = %[1]d, link = %s`, last-2, link), func(x *tx) error {
			for range 3 {
				if err := x.audit(t.Context(), act{kind: AuditSignedIn}); err != nil {
					return err
				}
			}
			return second(x.verifyAudit(t.Context()))
		})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprint("record ", last-1, " of")) {
			t.Errorf("%s: got %v, want record %d named", name, err, last-1)
		}
	}
}

func TestTheLogOnlyGrows(t *testing.T) {
	h := chained(t)
	before := h.log(0)
	for _, statement := range []string{
		`UPDATE audit SET detail = 'x'`, `DELETE FROM audit`, `DELETE FROM audit WHERE seq = 5`, `DELETE FROM audit_head`,
		`UPDATE audit_head SET seq = seq - 1`, `UPDATE audit_head SET link = X''`, `UPDATE audit_head SET seq = seq + 2`,
	} {
		if err := h.store.write(t.Context(), "try", func(x *tx) error { return x.exec(t.Context(), statement) }); err == nil {
			t.Errorf("%s was carried out", statement)
		}
	}
	if got := h.log(0); len(got) != len(before) {
		t.Errorf("%d records of %d are left", len(got), len(before))
	}
}

func TestTheHeadIsTheLastRecord(t *testing.T) {
	h := chained(t)
	op := h.store.Operator()
	head, verified := must(op.AuditHead(t.Context()))(t), must(op.VerifyAudit(t.Context()))(t)
	records := must(op.Audit(t.Context(), AuditQuery{}))(t)
	last := records[len(records)-1]
	for name, got := range map[string]AuditHead{"verified": verified, "read": {Seq: last.Seq, MAC: last.MAC}} {
		if got.Seq != head.Seq || string(got.MAC) != string(head.MAC) || len(head.MAC) == 0 {
			t.Errorf("%s: %d %x, the head is %d %x", name, got.Seq, got.MAC, head.Seq, head.MAC)
		}
	}
	if err := h.store.write(t.Context(), "break", func(x *tx) error {
		if _, err := x.conn.raw.ExecContext(t.Context(), untie); err != nil {
			return err
		}
		return x.exec(t.Context(), `DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)`)
	}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, second(op.AuditHead(t.Context())), ErrDamaged)
	wantErr(t, second(op.VerifyAudit(t.Context())), ErrDamaged)
}

func TestManyAtOnceMakeOneChain(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	var all sync.WaitGroup
	before := h.lastRecord()
	for i := range 16 {
		who := []*Access{jonas, anna}[i%2]
		all.Go(func() {
			must(who.Entries(t.Context(), thread, Span{}))(t)
			must(who.NewThread(t.Context(), "Mine", nil, ""))(t)
		})
	}
	all.Wait()
	head := must(h.store.Operator().VerifyAudit(t.Context()))(t)
	if head.Seq != before+16+2 { // each thread, and two who read
		t.Errorf("%d records were added", head.Seq-before)
	}
}
