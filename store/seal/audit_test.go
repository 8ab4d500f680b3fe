package seal

import (
	"bytes"
	"testing"
)

// TestKnownAudit holds the chain against one that an independent program made: a change here makes every log that there is
// look altered.
func TestKnownAudit(t *testing.T) {
	type chain struct {
		Secret, Instance hexBytes
		Records          []struct {
			Link, Mac, Next hexBytes
			Fields          []hexBytes
		}
	}
	for _, v := range vectors[chain](t, "alcove1_audit.json") {
		keys, err := (&Master{secret: [keySize]byte(v.Secret)}).Keys(Instance(v.Instance))
		must(t, err)
		for i, r := range v.Records {
			var fields [][]byte
			for _, field := range r.Fields {
				fields = append(fields, field)
			}
			if got := keys.AuditMAC(r.Link, fields...); !bytes.Equal(got, r.Mac) {
				t.Errorf("record %d: mac %x, want %x", i, got, r.Mac)
			}
			if got := keys.AuditLink(r.Mac); !bytes.Equal(got, r.Next) {
				t.Errorf("record %d: link %x, want %x", i, got, r.Next)
			}
		}
	}
}

func TestNoTwoRecordsOfTheLogLookAlike(t *testing.T) {
	keys := testKeys(t)
	other, err := (&Master{secret: [keySize]byte{1, 2, 3}}).Keys(Instance{1})
	must(t, err)
	link := keys.AuditLink([]byte("mac"))
	seen := map[string]string{}
	for name, mac := range map[string][]byte{
		"as it is":             keys.AuditMAC(link, []byte("ab"), []byte("c")),
		"other bounds":         keys.AuditMAC(link, []byte("a"), []byte("bc")),
		"other order":          keys.AuditMAC(link, []byte("c"), []byte("ab")),
		"one more field":       keys.AuditMAC(link, []byte("ab"), []byte("c"), nil),
		"link among fields":    keys.AuditMAC(nil, link, []byte("ab"), []byte("c")),
		"behind another":       keys.AuditMAC(keys.AuditLink([]byte("cam")), []byte("ab"), []byte("c")),
		"another practice":     other.AuditMAC(link, []byte("ab"), []byte("c")),
		"a link":               keys.AuditLink([]byte("abc")),
		"a record in its form": keys.AuditMAC([]byte("abc")),
	} {
		if before, ok := seen[string(mac)]; ok {
			t.Errorf("%q and %q have the same mac", name, before)
		}
		seen[string(mac)] = name
	}
}
