package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"alcove/store"
)

// practice is a practice in memory for tests: as much of store's behaviour as screens can tell. Tests change it through
// the journals of its people, so that changes reach whoever watches.
type practice struct {
	t  testing.TB
	mu sync.Mutex
	// clock is what the practice and the screens take for now.
	clock   time.Time
	people  []*fakePerson
	threads []*fakeThread
	next    int64
	version int64
	// readOnly makes all that writes answer store.ErrReadOnly; see storage_test.go.
	readOnly bool
}

type fakePerson struct {
	store.Me
	joined, here, disabled bool
	connected              []string // handles they may write with
	keys                   []store.Key
	openings               []store.Opening // newest first
	erasureAsked           time.Time
	usage                  store.Usage
	watchers               map[chan store.Change]*fakeJournal // and who asked
	drafts                 map[[2]int64]store.Draft
}

type fakeThread struct {
	store.Thread
	entries   []store.Entry
	revisions map[int64][]store.Revision
	marks     map[string]int64
}

// testNow is a Thursday.
var testNow = time.Date(2026, 11, 19, 10, 41, 0, 0, time.UTC)

// newPractice has a coach Jonas and his clients Anna and Piet.
func newPractice(t testing.TB) *practice {
	p := &practice{t: t, clock: testNow}
	p.add("jonas", "Jonas Weber", store.RoleCoach, "anna", "piet")
	p.add("anna", "Anna Klein", store.RoleClient, "jonas")
	p.add("piet", "Piet Jansen", store.RoleClient, "jonas")
	return p
}

func (p *practice) add(handle, name string, role store.Role, connected ...string) {
	who := &fakePerson{joined: true, connected: connected, watchers: map[chan store.Change]*fakeJournal{}, drafts: map[[2]int64]store.Draft{}}
	who.Person = store.Person{Handle: handle, Name: name, Role: role}
	p.people = append(p.people, who)
}

func (p *practice) person(handle string) *fakePerson {
	i := slices.IndexFunc(p.people, func(q *fakePerson) bool { return q.Handle == handle })
	if i < 0 {
		p.t.Fatalf("the practice has no %s", handle)
	}
	return p.people[i]
}

// now is the clock of the practice; it may be given to Options.
func (p *practice) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock
}

func (p *practice) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clock = p.clock.Add(d)
}

// as is the journal of one person. fail makes its verbs answer errors, by the verb's name.
func (p *practice) as(handle string) *fakeJournal {
	return &fakeJournal{p: p, me: p.person(handle), fail: map[string]error{}, calls: map[string]int{}, held: map[string]chan struct{}{}}
}

// thread opens a thread with entries, "handle: text" each, a minute apart up to now.
func (p *practice) thread(title string, members []string, entries ...string) int64 {
	p.t.Helper()
	t, err := p.as(members[0]).NewThread(p.t.Context(), title, members[1:], "")
	if err != nil {
		p.t.Fatal(err)
	}
	end := p.clock
	p.clock = end.Add(-time.Duration(len(entries)) * time.Minute)
	for _, e := range entries {
		p.clock = p.clock.Add(time.Minute)
		handle, text, _ := strings.Cut(e, ": ")
		if _, err := p.as(handle).Write(p.t.Context(), t.Number, text, 0); err != nil {
			p.t.Fatal(err)
		}
	}
	p.clock = end
	return t.Number
}

// options are those of a screen of that person, 80x24, with the built-in themes.
func (p *practice) options(handle string) Options {
	return Options{
		Journal: p.as(handle), Shared: newShared(p.t), Place: Place{"practice.example", 2222, "SHA256:6Q2nGUVu7dQAx4VRKHgOlO4eG3V5EwH2cP9mZtR1abc"},
		Now: p.now, Zone: time.UTC, Lang: "C", Width: 80, Height: 24,
	}
}

// session is what the pages of that person's screen share, for tests of a page alone.
func (p *practice) session(handle string) *session {
	a := New(p.t.Context(), p.options(handle))
	a.s.me = p.person(handle).Me
	return a.s
}

type fakeJournal struct {
	p     *practice
	me    *fakePerson
	fail  map[string]error
	calls map[string]int
	held  map[string]chan struct{} // verbs that have done their work, but do not answer until it is closed
}

var _ Journal = (*fakeJournal)(nil)

// do is the frame of every verb.
func (j *fakeJournal) do(ctx context.Context, verb string) (unlock func(), err error) {
	j.p.mu.Lock()
	j.calls[verb]++
	err = cmp.Or(ctx.Err(), j.fail[verb])
	if err == nil && j.me.disabled {
		err = store.ErrSignedOut
	}
	if err == nil && j.me.Factor.Due && verb != "Me" && !strings.HasSuffix(verb, "SecondFactor") {
		err = store.ErrFactorDue
	}
	if err == nil && j.p.readOnly && writes[verb] {
		err = store.ErrReadOnly
	}
	if err != nil {
		j.p.mu.Unlock()
		return func() {}, err
	}
	return j.p.mu.Unlock, nil
}

// breakVerb makes a verb fail from now on; nil mends it.
func (j *fakeJournal) breakVerb(verb string, err error) {
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	j.fail[verb] = err
}

// hold keeps a verb from answering; release ends that.
func (j *fakeJournal) hold(verb string) (release func()) {
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	held := make(chan struct{})
	j.held[verb] = held
	return func() {
		j.p.mu.Lock()
		delete(j.held, verb)
		j.p.mu.Unlock()
		close(held)
	}
}

// answer waits while the verb is held.
func (j *fakeJournal) answer(verb string) {
	j.p.mu.Lock()
	held := j.held[verb]
	j.p.mu.Unlock()
	if held != nil {
		<-held
	}
}

func (j *fakeJournal) called(verb string) int {
	j.p.mu.Lock()
	defer j.p.mu.Unlock()
	return j.calls[verb]
}

func (j *fakeJournal) Me(ctx context.Context) (store.Me, error) {
	unlock, err := j.do(ctx, "Me")
	defer unlock()
	return j.me.Me, err
}

func (j *fakeJournal) SaveSettings(ctx context.Context, s store.Settings) error {
	unlock, err := j.do(ctx, "SaveSettings")
	defer unlock()
	if err == nil {
		j.me.Settings = s
		j.tellOthers(store.Change{Kind: store.SettingsChanged})
	}
	return err
}

func (j *fakeJournal) Keys(ctx context.Context) ([]store.Key, error) {
	unlock, err := j.do(ctx, "Keys")
	defer unlock()
	return slices.Clone(j.me.keys), err
}

// fakeSecret and fakeCode are what a second factor takes here; fakeSpare are its recovery codes.
const (
	fakeSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	fakeCode   = "123456"
)

func fakeSpare() (codes []string) {
	for i := range store.SpareCodes {
		codes = append(codes, fmt.Sprintf("K7QM-2XWD-9RTA-P4%d0", i))
	}
	return codes
}

func (j *fakeJournal) BeginSecondFactor(ctx context.Context) (store.FactorSecret, error) {
	unlock, err := j.do(ctx, "BeginSecondFactor")
	defer unlock()
	if err == nil && j.me.Factor.On {
		err = store.ErrConflict
	}
	return store.NewFactorSecret(fakeSecret), err
}

func (j *fakeJournal) ConfirmSecondFactor(ctx context.Context, code string) ([]string, error) {
	unlock, err := j.do(ctx, "ConfirmSecondFactor")
	defer unlock()
	if err == nil && code != fakeCode {
		err = store.ErrWrongCode
	}
	if err != nil {
		return nil, err
	}
	j.me.Factor = store.SecondFactor{On: true, Spare: store.SpareCodes}
	return fakeSpare(), nil
}

func (j *fakeJournal) EndSecondFactor(ctx context.Context, code string) error {
	unlock, err := j.do(ctx, "EndSecondFactor")
	defer unlock()
	if err == nil && code != fakeCode {
		err = store.ErrWrongCode
	}
	if err == nil {
		j.me.Factor = store.SecondFactor{}
	}
	return err
}

func (j *fakeJournal) Openings(ctx context.Context, before int64, limit int) (found []store.Opening, err error) {
	unlock, err := j.do(ctx, "Openings")
	defer unlock()
	if err != nil {
		return nil, err
	}
	for _, o := range j.me.openings {
		if len(found) < limit && (before == 0 || o.Seq < before) {
			found = append(found, o)
		}
	}
	return found, nil
}

func (j *fakeJournal) Usage(ctx context.Context) (store.Usage, error) {
	unlock, err := j.do(ctx, "Usage")
	defer unlock()
	return j.me.usage, err
}

func (j *fakeJournal) AskErasure(ctx context.Context) error {
	unlock, err := j.do(ctx, "AskErasure")
	defer unlock()
	if err == nil {
		j.me.erasureAsked = testNow
	}
	return err
}

func (j *fakeJournal) WithdrawErasureRequest(ctx context.Context) error {
	unlock, err := j.do(ctx, "WithdrawErasureRequest")
	defer unlock()
	if err == nil {
		j.me.erasureAsked = time.Time{}
	}
	return err
}

func (j *fakeJournal) ErasureAsked(ctx context.Context) (time.Time, error) {
	unlock, err := j.do(ctx, "ErasureAsked")
	defer unlock()
	return j.me.erasureAsked, err
}

func (j *fakeJournal) Home(ctx context.Context, span store.HomeSpan) (page store.HomePage, err error) {
	unlock, err := j.do(ctx, "Home")
	defer unlock()
	if err != nil {
		return page, err
	}
	all := j.onHome()
	at := func(number int64) int {
		return slices.IndexFunc(all, func(t store.Thread) bool { return t.Number == number })
	}
	from := 0
	if i := at(span.After); i >= 0 {
		from = i + 1
	}
	for _, number := range slices.Backward(span.Around) {
		if i := at(number); i >= 0 {
			from = max(min(i-span.Limit/2, len(all)-span.Limit), 0)
		}
	}
	if span.End {
		from = max(len(all)-span.Limit, 0)
	}
	to := min(from+span.Limit, len(all))
	return store.HomePage{Threads: all[from:to], Earlier: from, Later: len(all) - to}, nil
}

func (j *fakeJournal) onHome() (all []store.Thread) {
	for _, t := range j.p.threads {
		if t.has(j.me.Handle) {
			all = append(all, j.see(t))
		}
	}
	slices.SortFunc(all, onHome)
	return all
}

func (j *fakeJournal) News(ctx context.Context) (news store.News, err error) {
	unlock, err := j.do(ctx, "News")
	defer unlock()
	if err != nil {
		return news, err
	}
	for _, t := range j.onHome() {
		news.Unread += t.Unread
		if !t.DraftAt.IsZero() {
			news.Drafts++
		}
		if t.DraftAt.After(news.Draft.DraftAt) {
			news.Draft = t
		}
	}
	return news, nil
}

func (j *fakeJournal) NextUnread(ctx context.Context, after int64) (int64, error) {
	unlock, err := j.do(ctx, "NextUnread")
	defer unlock()
	if err != nil {
		return 0, err
	}
	all := j.onHome()
	start := 1 + slices.IndexFunc(all, func(t store.Thread) bool { return t.Number == after })
	for _, t := range slices.Concat(all[start:], all[:start]) {
		if t.Unread > 0 && t.Number != after {
			return t.Number, nil
		}
	}
	return 0, nil
}

func (j *fakeJournal) Here(ctx context.Context) (here []store.Person, err error) {
	unlock, err := j.do(ctx, "Here")
	defer unlock()
	for _, q := range j.p.people {
		if err == nil && q != j.me && slices.Contains(j.me.connected, q.Handle) && q.here && !q.Settings.HidePresence {
			here = append(here, q.Person)
		}
	}
	return here, err
}

func (j *fakeJournal) Threads(ctx context.Context) ([]store.Thread, error) {
	unlock, err := j.do(ctx, "Threads")
	defer unlock()
	if err != nil {
		return nil, err
	}
	var all []store.Thread
	for _, t := range j.p.threads {
		if t.has(j.me.Handle) {
			all = append(all, j.see(t))
		}
	}
	slices.SortStableFunc(all, func(a, b store.Thread) int { return b.LastAt.Compare(a.LastAt) })
	return all, nil
}

func (j *fakeJournal) Thread(ctx context.Context, thread int64) (store.Thread, error) {
	unlock, err := j.do(ctx, "Thread")
	defer unlock()
	if err != nil {
		return store.Thread{}, err
	}
	t, err := j.find(thread)
	if err != nil {
		return store.Thread{}, err
	}
	return j.see(t), nil
}

func (j *fakeJournal) NewThread(ctx context.Context, title string, with []string, first string) (store.Thread, error) {
	unlock, err := j.do(ctx, "NewThread")
	defer unlock()
	if err != nil {
		return store.Thread{}, err
	}
	if title = strings.TrimSpace(title); title == "" {
		return store.Thread{}, store.ErrEmpty
	}
	j.p.next++
	t := &fakeThread{marks: map[string]int64{}, revisions: map[int64][]store.Revision{}}
	t.Number, t.Title, t.CreatedAt = j.p.next, title, j.p.clock
	t.Members = []store.Person{j.me.Person}
	for _, handle := range with {
		t.Members = append(t.Members, j.p.person(handle).Person)
	}
	j.p.threads = append(j.p.threads, t)
	if first != "" {
		j.append(t, first)
	}
	j.p.tell(t, store.Change{Kind: store.ThreadChanged, Thread: t.Number}, "")
	return j.see(t), nil
}

func (j *fakeJournal) Leave(ctx context.Context, thread int64) error {
	unlock, err := j.do(ctx, "Leave")
	defer unlock()
	if err != nil {
		return err
	}
	t, err := j.find(thread)
	if err != nil {
		return err
	}
	if len(t.Members) == 1 {
		return store.ErrLast
	}
	t.Members = slices.DeleteFunc(slices.Clone(t.Members), func(m store.Person) bool { return m.Handle == j.me.Handle })
	j.p.tell(t, store.Change{Kind: store.ThreadChanged, Thread: thread}, "")
	return nil
}

func (j *fakeJournal) People(ctx context.Context) ([]store.Acquaintance, error) {
	unlock, err := j.do(ctx, "People")
	defer unlock()
	if err != nil {
		return nil, err
	}
	var all []store.Acquaintance
	for _, q := range j.p.people {
		if q == j.me || !slices.Contains(j.me.connected, q.Handle) {
			continue
		}
		a := store.Acquaintance{Person: q.Person, MayWrite: !q.disabled, Joined: q.joined, Disabled: q.disabled}
		a.Here = q.here && !q.Settings.HidePresence
		for _, t := range j.p.threads {
			if t.has(q.Handle) && t.has(j.me.Handle) {
				a.Threads++
			}
		}
		all = append(all, a)
	}
	return all, nil
}

func (j *fakeJournal) Invite(ctx context.Context, handle, name string) (store.Invitation, error) {
	unlock, err := j.do(ctx, "Invite")
	defer unlock()
	if err != nil {
		return store.Invitation{}, err
	}
	if len(handle) < 2 {
		return store.Invitation{}, store.ErrBadHandle
	}
	i := slices.IndexFunc(j.p.people, func(q *fakePerson) bool { return q.Handle == handle })
	if i >= 0 && j.p.people[i].joined {
		return store.Invitation{}, store.ErrTaken
	}
	if i < 0 {
		j.p.add(handle, name, store.RoleClient, j.me.Handle)
		i = len(j.p.people) - 1
		j.p.people[i].joined = false
		j.me.connected = append(j.me.connected, handle)
	}
	return store.Invitation{Code: "K7QM-2XRT-9WPD-4HNE", Person: j.p.people[i].Person, ExpiresAt: j.p.clock.Add(store.DefaultInvite)}, nil
}

func (j *fakeJournal) Watch(ctx context.Context) (<-chan store.Change, error) {
	unlock, err := j.do(ctx, "Watch")
	defer unlock()
	if err != nil {
		return nil, err
	}
	changes := make(chan store.Change, 256)
	j.me.watchers[changes] = j
	if j.p.readOnly {
		changes <- store.Change{Kind: store.StorageChanged}
	}
	context.AfterFunc(ctx, func() {
		j.p.mu.Lock()
		defer j.p.mu.Unlock()
		delete(j.me.watchers, changes)
		close(changes)
	})
	return changes, nil
}

func (j *fakeJournal) Type(ctx context.Context, thread int64, on bool) error {
	unlock, err := j.do(ctx, "Type")
	defer unlock()
	if err != nil {
		return err
	}
	t, err := j.find(thread)
	if err == nil && !j.me.Settings.HideTyping {
		j.p.tell(t, store.Change{Kind: store.Typing, Thread: thread, Who: j.me.Person, On: on}, j.me.Handle)
	}
	return err
}

// arrive makes a person come or go.
func (p *practice) arrive(handle string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.person(handle)
	who.here = on
	for _, q := range p.people {
		if slices.Contains(q.connected, handle) {
			q.tell(store.Change{Kind: store.PresenceChanged, Who: who.Person, On: on})
		}
	}
}

// disable signs a person out everywhere.
func (p *practice) disable(handle string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.person(handle)
	who.disabled = true
	who.tell(store.Change{Kind: store.SignedOut})
}

// tell lets the members of a thread hear of a change, but not the one named.
func (p *practice) tell(t *fakeThread, c store.Change, but string) {
	for _, m := range t.Members {
		if m.Handle != but {
			p.person(m.Handle).tell(c)
		}
	}
}

func (q *fakePerson) tell(c store.Change) {
	for w := range q.watchers {
		w <- c
	}
}

// tellOthers lets the person's other sessions hear of a change.
func (j *fakeJournal) tellOthers(c store.Change) {
	for w, by := range j.me.watchers {
		if by != j {
			w <- c
		}
	}
}

func (t *fakeThread) has(handle string) bool {
	return slices.ContainsFunc(t.Members, func(m store.Person) bool { return m.Handle == handle })
}

func (j *fakeJournal) find(thread int64) (*fakeThread, error) {
	for _, t := range j.p.threads {
		if t.Number == thread && t.has(j.me.Handle) {
			return t, nil
		}
	}
	return nil, store.ErrNotFound
}

// see is a thread as this person sees it.
func (j *fakeJournal) see(t *fakeThread) store.Thread {
	seen := t.Thread
	seen.Members = slices.Clone(t.Members)
	seen.ReadMark = t.marks[j.me.Handle]
	seen.Entries = len(t.entries)
	for _, e := range t.entries {
		if e.Number > seen.ReadMark && e.Author.Handle != j.me.Handle && e.WithdrawnAt.IsZero() {
			seen.Unread++
		}
		seen.LastAt, seen.LastAuthor = e.At, e.Author
	}
	for key, d := range j.me.drafts {
		if key[0] == t.Number && d.SavedAt.After(seen.DraftAt) {
			seen.DraftAt = d.SavedAt
		}
	}
	shared := slices.ContainsFunc(seen.Members, func(p store.Person) bool { return p.Role == store.RoleClient })
	switch {
	case j.me.Role != store.RoleCoach || seen.LastAt.IsZero() || !shared:
		seen.Part = store.Others
	case seen.LastAuthor.Role == store.RoleClient:
		seen.Part = store.Waiting
	case j.p.clock.Sub(seen.LastAt) >= store.QuietAfter:
		seen.Part = store.Quiet
	default:
		seen.Part = store.Others
	}
	return seen
}
