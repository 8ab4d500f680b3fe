package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// town is a practice of three coaches: jonas with anna and piet, carla with nina and piet, otto with nobody.
func town(t *testing.T) (*house, map[string]*Access) {
	h := newHouse(t)
	return h, map[string]*Access{
		"jonas": h.coach("jonas"),
		"carla": h.coach("carla"),
		"otto":  h.coach("otto"),
		"anna":  h.client("anna", "jonas"),
		"piet":  h.client("piet", "jonas", "carla"),
		"nina":  h.client("nina", "carla"),
		"stan":  h.client("stan"),
	}
}

// seen lists whom somebody sees; a "+" says that they may write with them.
func seen(t *testing.T, h *house, a *Access) []string {
	t.Helper()
	list := []string{}
	for _, who := range must(a.People(h.ctx()))(t) {
		handle := who.Handle
		if who.MayWrite {
			handle += "+"
		}
		if who.Disabled {
			handle += " disabled"
		}
		list = append(list, handle)
	}
	slices.Sort(list)
	return list
}

func TestWhoSeesWhom(t *testing.T) {
	h, people := town(t)
	op := h.store.Operator()
	check := func(step string, want map[string][]string) {
		t.Helper()
		for who, list := range want {
			if diff := cmp.Diff(list, seen(t, h, people[who])); diff != "" {
				t.Errorf("%s: %s sees (-want +got): %s", step, who, diff)
			}
		}
	}
	check("at first", map[string][]string{
		"jonas": {"anna+", "carla+", "otto+", "piet+"},
		"carla": {"jonas+", "nina+", "otto+", "piet+"},
		"otto":  {"carla+", "jonas+"},
		"anna":  {"jonas+"},
		"piet":  {"carla+", "jonas+"},
		"nina":  {"carla+"},
		"stan":  {},
	})

	group := h.thread(people["jonas"], "Saturday group", "anna", "piet", "carla")
	check("sharing a thread", map[string][]string{
		"anna":  {"carla", "jonas+", "piet"},
		"carla": {"anna", "jonas+", "nina+", "otto+", "piet+"},
		"nina":  {"carla+"},
		"otto":  {"carla+", "jonas+"},
	})
	if err := people["piet"].Leave(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	check("after piet left", map[string][]string{
		"anna": {"carla", "jonas+"},
		"piet": {"carla+", "jonas+"},
	})

	if err := op.Disconnect(t.Context(), "anna", "jonas"); err != nil {
		t.Fatal(err)
	}
	check("disconnected, the thread stays", map[string][]string{
		"anna":  {"carla", "jonas"},
		"jonas": {"anna", "carla+", "otto+", "piet+"},
	})
	h.write(people["anna"], group, "still here")

	if err := op.Disable(t.Context(), "jonas"); err != nil {
		t.Fatal(err)
	}
	check("a disabled coach", map[string][]string{
		"anna":  {"carla"},
		"carla": {"anna", "jonas disabled", "nina+", "otto+", "piet+"},
	})
}

func TestWhoMayWriteWithWhom(t *testing.T) {
	h, people := town(t)
	if err := h.store.Operator().Disable(t.Context(), "nina"); err != nil {
		t.Fatal(err)
	}
	must(people["jonas"].Invite(t.Context(), "soon", "Not here yet"))(t)
	tests := []struct {
		from, to string
		want     error
	}{
		{"jonas", "anna", nil},
		{"anna", "jonas", nil},
		{"ANNA", " Jonas ", nil},
		{"jonas", "otto", nil},
		{"jonas", "soon", nil},
		{"anna", "anna", nil},
		{"piet", "carla", nil},
		{"anna", "piet", ErrNotFound},
		{"anna", "carla", ErrNotFound},
		{"otto", "anna", ErrNotFound},
		{"carla", "nina", ErrNotFound},
		{"stan", "jonas", ErrNotFound},
		{"anna", "nobody", ErrNotFound},
	}
	for _, test := range tests {
		_, err := people[oldHandle(test.from)].NewThread(t.Context(), "a title", []string{test.to}, "")
		if test.want == nil && err != nil {
			t.Errorf("%s to %s: %v", test.from, test.to, err)
		}
		if test.want != nil {
			wantErr(t, err, test.want)
		}
	}
	_, err := people["jonas"].NewThread(t.Context(), "one of them may not", []string{"anna", "stan"}, "")
	wantErr(t, err, ErrNotFound)
}

func TestInvitedByACoach(t *testing.T) {
	h, people := town(t)
	jonas := people["jonas"]
	first := must(jonas.Invite(t.Context(), " Lena ", "Lenna"))(t)
	second := must(jonas.Invite(t.Context(), "lena", "Lena"))(t)
	if second.Person != (Person{Handle: "lena", Name: "Lena", Role: RoleClient}) {
		t.Errorf("invited %+v", second.Person)
	}
	_, err := h.store.CheckCode(t.Context(), first.Code)
	wantErr(t, err, ErrOldCode)
	lena := h.store.As(must(h.store.Redeem(t.Context(), second.Code, anyKey()))(t))
	if diff := cmp.Diff([]string{"jonas+"}, seen(t, h, lena)); diff != "" {
		t.Error("lena sees:", diff)
	}
	tests := []struct {
		who, handle, name string
		want              error
	}{
		{"jonas", "lena", "Lena", ErrTaken}, // has joined
		{"jonas", "nina", "Nina", ErrTaken}, // a colleague's
		{"jonas", "carla", "Carla", ErrTaken},
		{"anna", "fresh", "Fresh", ErrBadRole},
		{"jonas", "join", "Join", ErrBadHandle},
		{"jonas", "9lives", "Cat", ErrBadHandle},
		{"jonas", "with space", "Cat", ErrBadHandle},
		{"jonas", "", "Cat", ErrBadHandle},
		{"jonas", "c", "Cat", ErrBadHandle},
		{"jonas", "fresh", "  ", ErrEmpty},
		{"jonas", "fresh", "\xff", ErrNotText},
	}
	for _, test := range tests {
		before := h.rows()
		_, err := people[test.who].Invite(t.Context(), test.handle, test.name)
		wantErr(t, err, test.want)
		if diff := cmp.Diff(before, h.rows()); diff != "" {
			t.Errorf("inviting %q wrote: %s", test.handle, diff)
		}
	}
}

// TestOnlyWhoMadeAnAccountInvitesItAnew is about a client who has not joined and to whom somebody has written already.
func TestOnlyWhoMadeAnAccountInvitesItAnew(t *testing.T) {
	h, people := town(t)
	op := h.store.Operator()
	first := must(people["jonas"].Invite(t.Context(), "lena", "Lena"))(t)
	h.thread(people["jonas"], "For Lena alone", "lena")
	if err := op.Connect(t.Context(), "lena", "carla"); err != nil {
		t.Fatal(err)
	}
	before := h.rows()
	_, err := people["carla"].Invite(t.Context(), "lena", "Carla's Lena")
	wantErr(t, err, ErrTaken)
	if diff := cmp.Diff(before, h.rows()); diff != "" {
		t.Error("wrote:", diff)
	}
	must(h.store.CheckCode(t.Context(), first.Code))(t)
	must(people["jonas"].Invite(t.Context(), "lena", "Lena L."))(t)
	must(op.Invite(t.Context(), NewInvitation{Handle: "lena"}))(t)

	must(op.Invite(t.Context(), NewInvitation{Handle: "maja", Name: "Maja", Role: RoleClient, With: []string{"jonas"}}))(t)
	_, err = people["jonas"].Invite(t.Context(), "maja", "Maja")
	wantErr(t, err, ErrTaken) // the operator made it
}

func TestLeavingDeletesOnesDraftsThere(t *testing.T) {
	h, jonas, anna, thread := pair(t)
	other := h.thread(anna, "My own pages")
	must(anna.SaveDraft(t.Context(), Draft{Thread: thread, Text: "goes"}))(t)
	must(anna.SaveDraft(t.Context(), Draft{Thread: other, Text: "stays"}))(t)
	must(jonas.SaveDraft(t.Context(), Draft{Thread: thread, Text: "stays"}))(t)
	if err := anna.Leave(t.Context(), thread); err != nil {
		t.Fatal(err)
	}
	drafts := slices.DeleteFunc(h.rows(), func(row string) bool { return !strings.HasPrefix(row, "INSERT INTO draft") })
	if len(drafts) != 2 || len(must(anna.Drafts(t.Context()))(t)) != 1 || len(must(jonas.Drafts(t.Context()))(t)) != 1 {
		t.Errorf("drafts left: %d", len(drafts))
	}
}
