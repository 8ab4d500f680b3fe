package store

import "testing"

// TestKeysThatNobodyConfirmsDoNotPile tells that those who add keys cannot fill the disk with them.
func TestKeysThatNobodyConfirmsDoNotPile(t *testing.T) {
	h := newHouse(t)
	anna := h.client("anna")
	keys := make([]PublicKey, MaxPending)
	for i := range keys {
		keys[i] = anyKey()
		wantErr(t, anna.AddKey(t.Context(), keys[i]), nil)
	}
	wantErr(t, anna.AddKey(t.Context(), anyKey()), ErrPending)
	wantErr(t, anna.AddKey(t.Context(), keys[0]), nil)                  // one of them, once more
	wantErr(t, h.client("piet").AddKey(t.Context(), keys[0]), nil)      // each has their own
	must(h.store.ConfirmKey(t.Context(), "anna", keys[0].Blob))(t)      // makes room
	wantErr(t, anna.AddKey(t.Context(), anyKey()), nil)                 // and takes it
	wantErr(t, anna.RemoveKey(t.Context(), keys[1].Fingerprint()), nil) // likewise
	wantErr(t, anna.AddKey(t.Context(), anyKey()), nil)
}
