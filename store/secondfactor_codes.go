package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"alcove/store/seal"
)

// What codes a second factor takes, and how often somebody may be wrong.

// takeCode uses up a code of a person's app, or one of their recovery codes.
func (t *tx) takeCode(ctx context.Context, person int64, typed string) error {
	code, err := seal.ParseCode(typed)
	if err != nil { // not the form of a recovery code
		return t.takeDigits(ctx, person, typed)
	}
	if !t.store.factors.mayTry(person, t.now) {
		return ErrManyCodes
	}
	used, err := t.change(ctx, `DELETE FROM spare_code WHERE person = ? AND code_hash = ?`, person, t.store.keys.SpareHash(person, code))
	if err != nil {
		return err
	}
	if used == 0 {
		t.store.factors.wrong(person, t.now)
		return ErrWrongCode
	}
	return t.audit(ctx, act{kind: AuditSpareUsed, actor: person})
}

// takeDigits uses up a code of a person's app: it and those before it are good no more.
func (t *tx) takeDigits(ctx context.Context, person int64, typed string) error {
	step, err := t.stepOf(ctx, person, typed)
	if err != nil {
		return err
	}
	return t.exec(ctx, `UPDATE second_factor SET last_step = ? WHERE person = ?`, step, person)
}

// stepOf finds the step of a code of a person's app, and counts a wrong one.
func (t *tx) stepOf(ctx context.Context, person int64, typed string) (step int64, err error) {
	if !t.store.factors.mayTry(person, t.now) {
		return 0, ErrManyCodes
	}
	var sealed []byte
	var last int64
	err = t.one(ctx, []any{&sealed, &last}, `SELECT secret, last_step FROM second_factor WHERE person = ?`, person)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	secret, err := t.openFactor(ctx, person, sealed)
	if err != nil {
		return 0, err
	}
	defer secret.Wipe()
	step, right := secret.Check(typed, t.now, max(last, t.store.factors.spent(person)))
	if !right {
		t.store.factors.wrong(person, t.now)
		return 0, ErrWrongCode
	}
	return step, nil
}

func (t *tx) openFactor(ctx context.Context, person int64, sealed []byte) (*seal.TOTP, error) {
	key, err := t.personKey(ctx, person)
	if err != nil {
		return nil, err
	}
	plain, err := open(key, atFactor(person), sealed)
	if err != nil {
		return nil, err
	}
	secret, err := seal.TOTPOf([]byte(plain))
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	return secret, nil
}

// drawSpare gives a person recovery codes in the place of any they had.
func (t *tx) drawSpare(ctx context.Context, person int64) ([]string, error) {
	if err := t.exec(ctx, `DELETE FROM spare_code WHERE person = ?`, person); err != nil {
		return nil, err
	}
	spare := make([]string, SpareCodes)
	for i := range spare {
		code := seal.NewCode()
		spare[i] = code.Reveal()
		err := t.exec(ctx, `INSERT INTO spare_code (person, code_hash) VALUES (?, ?)`, person, t.store.keys.SpareHash(person, code))
		if err != nil {
			return nil, err
		}
	}
	return spare, nil
}

func (t *tx) forgetFactor(ctx context.Context, person int64) error {
	if err := t.exec(ctx, `DELETE FROM spare_code WHERE person = ?`, person); err != nil {
		return err
	}
	return t.exec(ctx, `DELETE FROM second_factor WHERE person = ?`, person)
}

// A code of six digits is guessed in a million tries, so wrong ones are counted for each person, wherever they come from:
// so many at once, and then one more each time so much has passed. Whoever gets here has the person's key, words or screen,
// so that no stranger can lock anybody out. At that pace half a chance takes two years and a half.
const (
	wrongCodesAtOnce = 10
	wrongCodeEach    = 6 * time.Minute
)

// factorTries know how often each person's codes were wrong, and which were taken while that could not be written. They are
// of the running store alone.
type factorTries struct {
	mu    sync.Mutex
	left  map[int64]*rate.Limiter // by person
	steps map[int64]int64
}

// mayTry says whether another code of a person's may be looked at.
func (f *factorTries) mayTry(person int64, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left[person] == nil || f.left[person].TokensAt(now) >= 1
}

// wrong counts a wrong code.
func (f *factorTries) wrong(person int64, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == nil {
		f.left = map[int64]*rate.Limiter{}
	}
	if f.left[person] == nil {
		f.left[person] = rate.NewLimiter(rate.Every(wrongCodeEach), wrongCodesAtOnce)
	}
	f.left[person].AllowN(now, 1)
}

// spent is the step of the last code that was taken unwritten.
func (f *factorTries) spent(person int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.steps[person]
}

// spend notes the step of a code, once.
func (f *factorTries) spend(person, step int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if step <= f.steps[person] {
		return false
	}
	if f.steps == nil {
		f.steps = map[int64]int64{}
	}
	f.steps[person] = step
	return true
}
