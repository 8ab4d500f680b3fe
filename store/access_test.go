package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Who asks. All but the first two are to learn nothing of the thread, not even that it is there.
const (
	author      = "the author"
	member      = "another member"
	former      = "a former member"
	colleague   = "a coach of another client"
	otherClient = "another client of the same coach"
	stranger    = "a client of nobody"
	disabled    = "a disabled member"
	keyless     = "a member whose key was removed"
	erased      = "an erased member"
)

// everybody is in the order in which they ask: those who may change something come last.
var everybody = []string{former, colleague, otherClient, stranger, disabled, keyless, erased, member, author}

// Objects that somebody may ask for. Each is planted with a canary, which is to be found in the answers to those alone who may
// see it; see mayMeet.
const (
	aThread      = "canary-thread"
	anEntry      = "canary-entry"
	aRevision    = "canary-revision"
	aDraft       = "canary-draft"
	aPerson      = "canary-person" // the member's name
	aKey         = "canary-key"    // the author's
	anInvitation = "canary-invitation"
)

var planted = regexp.MustCompile(`canary-[a-z]+`)

// mayMeet are the objects that somebody may see. All others are to see none.
var mayMeet = map[string][]string{
	author: {aThread, anEntry, aRevision, aDraft, aPerson, aKey, anInvitation},
	member: {aThread, anEntry, aRevision, aPerson},
}

// scene is a thread with an entry of the author's, and all who might ask for it.
type scene struct {
	*house
	thread, entry int64
	key           PublicKey // the author's
	fingerprint   string    // its
	who           map[string]*Access
}

func newScene(t *testing.T) *scene {
	h := newHouse(t)
	key := anyKey()
	key.Comment = aKey
	jonas := h.joinAs(RoleCoach, "jonas", "Jonas", key)
	s := &scene{house: h, key: key, who: map[string]*Access{
		author:      jonas,
		member:      h.joinAs(RoleClient, "anna", aPerson, anyKey(), "jonas"),
		erased:      h.client("ezra", "jonas"),
		former:      h.client("fred", "jonas"),
		disabled:    h.client("dora", "jonas"),
		keyless:     h.client("kira", "jonas"),
		otherClient: h.client("piet", "jonas"),
		colleague:   h.coach("carla"),
		stranger:    h.client("stan"),
	}}
	h.client("nina", "carla")
	must(jonas.Invite(h.ctx(), "inga", anInvitation))(t)
	s.thread = h.thread(jonas, aThread, "anna", "fred", "dora", "kira", "ezra")
	entry := h.write(jonas, s.thread, aRevision)
	entry = must(jonas.Edit(h.ctx(), s.thread, entry.Number, 1, anEntry, 0))(t)
	s.entry = entry.Number
	must(jonas.SaveDraft(h.ctx(), Draft{Thread: s.thread, Text: aDraft}))(t)

	if err := s.who[former].Leave(h.ctx(), s.thread); err != nil {
		t.Fatal(err)
	}
	second := anyKey()
	if err := s.who[keyless].AddKey(h.ctx(), second); err != nil {
		t.Fatal(err)
	}
	stays := h.store.As(must(h.store.ConfirmKey(h.ctx(), "kira", second.Blob))(t))
	for _, key := range must(stays.Keys(h.ctx()))(t) {
		if !key.Current {
			if err := stays.RemoveKey(h.ctx(), key.Fingerprint); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.store.Operator().Disable(h.ctx(), "dora"); err != nil {
		t.Fatal(err)
	}
	must(h.store.Operator().ErasePerson(h.ctx(), "ezra"))(t)
	s.fingerprint = must(jonas.Keys(h.ctx()))(t)[0].Fingerprint
	return s
}

// verb is one method of Access and what comes of it. It answers what it read, for the test to look for canaries in.
type verb struct {
	call func(ctx context.Context, a *Access, s *scene) (any, error)
	// member and author are what they get; personal verbs, which name no thread, work for everybody who is signed in.
	member, author error
	personal       bool
	others         map[string]error // what else somebody gets, by who asks
}

var errAny = errors.New("an error that depends on who asks") // for personal verbs whose outcome other tests look at

var verbs = map[string]verb{
	"Me": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Me(ctx) }},
	"SaveSettings": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return nil, a.SaveSettings(ctx, Settings{Language: "de"})
	}},
	"Keys":   {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Keys(ctx) }},
	"AddKey": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return nil, a.AddKey(ctx, anyKey()) }},
	"RemoveKey": {personal: true, author: ErrNotFound, member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		keys, err := s.who[otherClient].Keys(ctx)
		if err != nil {
			return nil, err
		}
		if a == s.who[otherClient] {
			return nil, a.RemoveKey(ctx, "SHA256:unknown")
		}
		return nil, a.RemoveKey(ctx, keys[0].Fingerprint)
	}},
	"Threads": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Threads(ctx) }},
	"Home":    {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Home(ctx, HomeSpan{}) }},
	"News":    {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.News(ctx) }},
	"Here":    {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Here(ctx) }},
	"NextUnread": {personal: true, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		next, err := a.NextUnread(ctx, 0)
		if next == s.thread {
			return aThread, err
		}
		return next, err
	}},
	"NewThread": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return a.NewThread(ctx, "mine", nil, "and mine alone")
	}},
	"Drafts": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Drafts(ctx) }},
	"Search": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		var hits []Hit
		err := a.Search(ctx, "canary", func(hit Hit) error { hits = append(hits, hit); return nil })
		return hits, err
	}},
	"People": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.People(ctx) }},
	"Invite": {personal: true, member: errAny, author: errAny, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return a.Invite(ctx, fmt.Sprint("n", a.who.person), "New")
	}},
	"Watch": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		_, err := a.Watch(ctx)
		return nil, err
	}},

	"Usage":        {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Usage(ctx) }},
	"Openings":     {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Openings(ctx, 0, 10) }},
	"AskErasure":   {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return nil, a.AskErasure(ctx) }},
	"ErasureAsked": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.ErasureAsked(ctx) }},
	"WithdrawErasureRequest": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return nil, a.WithdrawErasureRequest(ctx)
	}},
	"BeginExport": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return nil, a.BeginExport(ctx) }},

	"BeginSecondFactor": {personal: true, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return a.BeginSecondFactor(ctx)
	}},
	"ConfirmSecondFactor": {personal: true, member: ErrNotFound, author: ErrNotFound, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return a.ConfirmSecondFactor(ctx, "123456")
	}},
	"EndSecondFactor": {personal: true, member: ErrNotFound, author: ErrNotFound, call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
		return nil, a.EndSecondFactor(ctx, "123456")
	}},

	"Thread": {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return a.Thread(ctx, s.thread) }},
	"Entries": {call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Entries(ctx, s.thread, Span{})
	}},
	"Entry": {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return a.Entry(ctx, s.thread, s.entry) }},
	"Revisions": {call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Revisions(ctx, s.thread, s.entry)
	}},
	"MarkRead": {call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return nil, a.MarkRead(ctx, s.thread, s.entry)
	}},
	"Write": {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return a.Write(ctx, s.thread, "mine", 0) }},
	"Edit": {member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Edit(ctx, s.thread, s.entry, 2, "overwritten", 0)
	}},
	"Withdraw": {member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Withdraw(ctx, s.thread, s.entry)
	}},
	"TakeBack": {member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.TakeBack(ctx, s.thread, s.entry)
	}},
	"Draft": {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return a.Draft(ctx, s.thread, 0) }},
	"SaveDraft": {author: ErrConflict, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.SaveDraft(ctx, Draft{Thread: s.thread, Text: "mine"})
	}},
	"Type":  {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return nil, a.Type(ctx, s.thread, true) }},
	"Leave": {call: func(ctx context.Context, a *Access, s *scene) (any, error) { return nil, a.Leave(ctx, s.thread) }},
}

// want is what somebody gets from a verb.
func (v verb) want(who string) error {
	other, ok := v.others[who]
	switch {
	case who == disabled || who == keyless || who == erased:
		return ErrSignedOut
	case ok:
		return other
	case who == author:
		return v.author
	case who == member || v.personal:
		return v.member
	}
	return ErrNotFound
}

func TestEveryVerbForEverybody(t *testing.T) {
	methods := reflect.TypeFor[*Access]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		v, ok := verbs[name]
		if !ok {
			t.Errorf("no row for the verb %s: say what it answers to whom", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			for _, who := range everybody {
				s.try(t, v, who)
			}
		})
		if nothing, theirs := len(foreign[name]) == 0, methods.Method(i).Type; v.personal && nothing && namesAnything(theirs) && !slices.Contains(ownOnly, name) {
			t.Errorf("%s can name something of somebody else's: give it a row in foreign, or say in ownOnly that it cannot", name)
		}
	}
}

// namesAnything says whether a verb has an argument by which it could name an object.
func namesAnything(verb reflect.Type) bool {
	for i := 2; i < verb.NumIn(); i++ { // after the receiver and the context
		if verb.In(i).Kind() != reflect.Func && verb.In(i).Kind() != reflect.Bool {
			return true
		}
	}
	return false
}

// ownOnly are personal verbs whose arguments name nothing that could be somebody else's: words, settings, codes, the number of a
// record, which only bounds a list of one's own.
var ownOnly = []string{"SaveSettings", "Search", "Openings", "ConfirmSecondFactor", "EndSecondFactor"}

// foreign are personal verbs that name an object of the author's.
var foreign = map[string]map[string]verb{
	"Home": {aThread: {personal: true, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Home(ctx, HomeSpan{Around: []int64{s.thread}})
	}}},
	"NextUnread": {aThread: {personal: true, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.NextUnread(ctx, s.thread)
	}}},
	"NewThread": {aPerson: {
		personal: true, member: ErrNotFound, author: nil, others: map[string]error{member: errAny},
		call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
			return a.NewThread(ctx, "mine", []string{"anna"}, "")
		},
	}},
	"Invite": {
		anInvitation: {
			personal: true, member: ErrBadRole, author: nil, others: map[string]error{colleague: ErrTaken},
			call: func(ctx context.Context, a *Access, _ *scene) (any, error) {
				return a.Invite(ctx, "inga", anInvitation)
			},
		},
		aPerson: {
			personal: true, member: ErrBadRole, author: ErrTaken, others: map[string]error{colleague: ErrTaken},
			call: func(ctx context.Context, a *Access, _ *scene) (any, error) { return a.Invite(ctx, "anna", "Somebody") },
		},
	},
	"AddKey": {aKey: { // waits for its holder, lest it tell whose keys are known; it never changes hands
		personal: true,
		call: func(ctx context.Context, a *Access, s *scene) (any, error) {
			if err := a.AddKey(ctx, s.key); err != nil {
				return nil, err
			}
			who, err := s.store.SignInKey(ctx, s.key.Blob)
			if who.person != s.who[author].who.person {
				err = errors.New("the key signs in somebody else")
			}
			return nil, err
		},
	}},
	"RemoveKey": {aKey: {
		personal: true, member: ErrNotFound, author: ErrLast,
		call: func(ctx context.Context, a *Access, s *scene) (any, error) {
			return nil, a.RemoveKey(ctx, s.fingerprint)
		},
	}},
}

// inThread are objects of the author's that a verb of the thread could name instead of the one in its row.
var inThread = map[string]map[string]verb{
	"Draft": {anEntry: {member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.Draft(ctx, s.thread, s.entry)
	}}},
	"SaveDraft": {anEntry: {member: ErrNotFound, call: func(ctx context.Context, a *Access, s *scene) (any, error) {
		return a.SaveDraft(ctx, Draft{Thread: s.thread, Entry: s.entry, Text: "mine"})
	}}},
}

func TestEveryForeignObjectForEverybody(t *testing.T) {
	for _, all := range []map[string]map[string]verb{foreign, inThread} {
		for name, objects := range all {
			for object, v := range objects {
				t.Run(name+" "+object, func(t *testing.T) {
					t.Parallel()
					s := newScene(t)
					for _, who := range everybody {
						s.try(t, v, who)
					}
				})
			}
		}
	}
}

// TestEveryObjectIsMet holds the canaries: whoever may see an object meets it by some verb, or the tests above look for nothing.
func TestEveryObjectIsMet(t *testing.T) {
	for who, objects := range mayMeet {
		met := map[string]bool{}
		s := newScene(t)
		for name, v := range verbs {
			if strings.HasPrefix(name, "Leave") || slices.Contains([]string{"Edit", "Withdraw", "TakeBack", "AddKey", "BeginSecondFactor"}, name) {
				continue // they change what the others are to find
			}
			for _, object := range s.try(t, v, who) {
				met[object] = true
			}
		}
		for _, object := range objects {
			if !met[object] {
				t.Errorf("%s meets %s by no verb", who, object)
			}
		}
	}
}

// try answers the objects that somebody met by a verb.
func (s *scene) try(t *testing.T, v verb, who string) (met []string) {
	t.Helper()
	before := s.rows()
	got, err := v.call(t.Context(), s.who[who], s)
	want := v.want(who)
	whatever := errors.Is(want, errAny)
	if whatever && err != nil {
		want = err
	}
	if !errors.Is(err, want) && (err != nil || !whatever) {
		t.Errorf("%s: got error %v, want %v", who, err, want)
	}
	if err != nil {
		if diff := cmp.Diff(before, s.rows()); diff != "" {
			t.Errorf("%s: got error %v, yet wrote (-before +after): %s", who, err, diff)
		}
	}
	told := fmt.Sprintf("%+v %v", got, err)
	for _, object := range planted.FindAllString(told, -1) {
		if !slices.Contains(mayMeet[who], object) {
			t.Errorf("%s met %s: %s", who, object, told)
		}
	}
	return planted.FindAllString(told, -1)
}

func containsCanary(s string) bool { return canaries.MatchString(s) }

// TestNotThereAndNotYoursAnswerAlike compares the whole error text.
func TestNotThereAndNotYoursAnswerAlike(t *testing.T) {
	s := newScene(t)
	for name, v := range verbs {
		if v.personal {
			continue
		}
		_, there := v.call(t.Context(), s.who[stranger], s)
		elsewhere := *s
		elsewhere.thread = 1
		_, notThere := v.call(t.Context(), s.who[stranger], &elsewhere)
		if there == nil || notThere == nil || there.Error() != notThere.Error() {
			t.Errorf("%s: %q for a thread of others, %q for none", name, there, notThere)
		}
	}
}

// TestAReadEndsBetweenTwoRows ends the context of a read while it looks at the first of several.
func TestAReadEndsBetweenTwoRows(t *testing.T) {
	h := newHouse(t)
	h.coach("jonas")
	h.coach("maria")
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	err := h.store.read(ctx, "look", func(x *tx) error {
		return x.each(ctx, func(*sql.Rows) error {
			rows++
			cancel()
			return nil
		}, `SELECT id FROM person`)
	})
	wantErr(t, err, context.Canceled)
	if rows != 1 {
		t.Errorf("%d rows were looked at", rows)
	}
}
