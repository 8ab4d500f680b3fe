package store

import (
	"context"
	"database/sql"
	"slices"
)

// sees says whether ?1 may see p: it holds for the same people as visible, and asks for one of them alone.
const sees = `(p.id <> ?1 AND (
	(p.role = 'coach' AND (SELECT role FROM person WHERE id = ?1) = 'coach')
	OR EXISTS (SELECT 1 FROM connection WHERE client = ?1 AND coach = p.id AND ended_at IS NULL)
	OR EXISTS (SELECT 1 FROM connection WHERE client = p.id AND coach = ?1 AND ended_at IS NULL)
	OR EXISTS (SELECT 1 FROM member o CROSS JOIN member m
		WHERE o.person = p.id AND o.left_at IS NULL AND m.thread = o.thread AND m.person = ?1 AND m.left_at IS NULL)))`

// Here lists those whom the person may see and who are here, who do not hide it, in no order.
// However many there are in the practice, it looks at those who are here.
func (a *Access) Here(ctx context.Context) (people []Person, err error) {
	err = a.read(ctx, "look who is here", func(t *tx, me self) error {
		present := a.store.hub.present()
		if me.person.Role != RoleCoach { // and sees few people, while many may be here
			seen, err := t.audience(ctx, me.id)
			if err != nil {
				return err
			}
			present = slices.DeleteFunc(present, func(person int64) bool { return !slices.Contains(seen, person) })
		}
		for _, person := range present {
			err := t.each(ctx, func(rows *sql.Rows) error {
				var p somebody
				var stored string
				if err := rows.Scan(p.fields(&stored)...); err != nil {
					return err
				}
				settings, err := parseSettings(stored)
				if err == nil && !settings.HidePresence {
					people = append(people, a.store.reveal(p))
				}
				return err
			}, `SELECT `+somebodyColumns+`, p.settings FROM person p WHERE p.id = ?2 AND p.disabled_at IS NULL AND `+sees, me.id, person)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return people, err
}

// present are all who have a watch.
func (h *hub) present() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	people := make([]int64, 0, len(h.watchers))
	for person := range h.watchers {
		people = append(people, person)
	}
	return people
}
