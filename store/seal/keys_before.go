// The keys of a practice from before there was a key ring. They stay for the one migration that seals every text anew, and
// nothing else uses them.

package seal

import "fmt"

// People is the key that sealed the names of all people and the comments of their keys.
func (k *Keys) People() *Key { return k.people }

// ThreadKey unwraps the key that sealed all of a thread, which stood in the thread's row. ErrOpen if it was wrapped for another
// thread or practice, or is damaged.
func (k *Keys) ThreadKey(thread int64, wrapped []byte) (*Key, error) {
	secret, err := k.threadKeys.Open(nil, threadKeyAt(thread), wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrapping a thread's key: %w", err)
	}
	defer clear(secret)
	if len(secret) != keySize {
		return nil, fmt.Errorf("unwrapping a thread's key: %w", ErrOpen)
	}
	return newKey(secret, k.instance)
}

// threadKeyAt is fixed here, not by the names that the store's tables happen to have.
func threadKeyAt(thread int64) Where {
	return Where{Table: labelThreadKeys, Column: "key", Thread: thread}
}
