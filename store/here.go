package store

import (
	"context"
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
func (a *Access) Here(ctx context.Context) (people []Person, err error) {
	err = a.read(ctx, "look who is here", func(t *tx, me self) error {
		present, err := t.present(ctx, me.id, me.role)
		if err != nil {
			return err
		}
		for _, person := range present {
			who, settings, err := t.profile(ctx, person)
			if err != nil {
				return err
			}
			if !settings.HidePresence {
				people = append(people, who)
			}
		}
		return nil
	})
	return people, err
}

// present are those with a watch whom a person may see, and by whom they may be seen. However many there are in the
// practice, it asks for those who have a watch; but a client sees few people, while many may be here.
func (t *tx) present(ctx context.Context, person int64, role Role) (seen []int64, err error) {
	present := t.store.hub.present()
	if role != RoleCoach {
		all, err := t.audience(ctx, person)
		return slices.DeleteFunc(present, func(p int64) bool { return !slices.Contains(all, p) }), err
	}
	for _, other := range present {
		these, err := t.ids(ctx, `SELECT p.id FROM person p WHERE p.id = ?2 AND `+sees, person, other)
		if err != nil {
			return nil, err
		}
		seen = append(seen, these...)
	}
	return seen, nil
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
