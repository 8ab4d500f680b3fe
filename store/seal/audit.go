package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// The audit log is a chain: each record is authenticated together with the link that the one before it left.
//
//	link(0) = nothing
//	mac(n)  = version || HMAC-SHA256(key, list("record", version, link(n-1), field 1, field 2, …))
//	link(n) = version || HMAC-SHA256(key, list("link", version, mac(n)))
//
// version is one byte, 1; key is the sub-key "alcove/audit" of the practice, 32 bytes; a list is one of fields as in records
// (seal.go).
//
// The mac stands with its record. The link stands at the head of the log and nowhere else, each in the place of the one
// before: so who cuts off the last records and has no key cannot make a head that fits those that are left.

const auditVersion = 1

// AuditMAC authenticates a record of the audit log, given as its fields, behind the link that the record before it left;
// the first one has none. The caller keeps the fields in one order for good, and each in one form.
func (k *Keys) AuditMAC(link []byte, fields ...[]byte) []byte {
	list := appendField(nil, []byte("record"))
	list = appendField(list, []byte{auditVersion})
	list = appendField(list, link)
	for _, field := range fields {
		list = appendField(list, field)
	}
	return k.auditMAC(list)
}

// AuditLink is what a record with that mac leaves for the next.
func (k *Keys) AuditLink(mac []byte) []byte {
	list := appendField(nil, []byte("link"))
	list = appendField(list, []byte{auditVersion})
	return k.auditMAC(appendField(list, mac))
}

func (k *Keys) auditMAC(list []byte) []byte {
	mac := hmac.New(sha256.New, k.audit)
	mac.Write(list)
	return mac.Sum([]byte{auditVersion})
}
