package sshserver

import (
	"container/heap"
	"net/netip"
	"sync"
	"time"
)

// fault is what a stranger's connection is penalised for when it ends.
type fault int

const (
	noFault  fault = iota // they signed in, or we are to blame
	noAuth                // left before trying to sign in
	late                  // silent or slow until the time was over
	invalid               // no SSH, or broken
	authFail              // tried to sign in without success
)

// String is the word for a fault that the log has: it never changes, for filters read it.
func (f fault) String() string {
	return [...]string{"none", "noauth", "late", "invalid", "authfail"}[f]
}

// penalty is how much a fault counts.
func (l *Limits) penalty(f fault) time.Duration {
	return [...]time.Duration{0, l.NoAuth, l.Late, l.Invalid, l.AuthFail}[f]
}

// penalties remembers which sources misbehaved, as OpenSSH does: each source has a time until which it is in disgrace,
// and once that is Threshold away the source is shut out until then.
type penalties struct {
	limits *Limits
	now    func() time.Time

	mu      sync.Mutex
	sources almanac
}

func newPenalties(l *Limits, now func() time.Time) *penalties {
	return &penalties{limits: l, now: now, sources: almanac{most: l.Sources}}
}

// add counts a fault and answers what the source has gathered now, and whether it is shut out.
func (p *penalties) add(source netip.Prefix, f fault) (total time.Duration, shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, until := p.now(), p.now()
	leaf, known := p.sources.find(source)
	if known && leaf.at.After(now) {
		until, shut = leaf.at, leaf.shut
	}
	total = min(until.Sub(now)+p.limits.penalty(f), p.limits.Ceiling)
	shut = total > 0 && (shut || total >= p.limits.Threshold)
	if total > 0 {
		p.sources.put(source, now.Add(total), shut)
	}
	return total, shut
}

// shut says whether a source is shut out.
func (p *penalties) shut(source netip.Prefix) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	leaf, known := p.sources.find(source)
	return known && leaf.shut && leaf.at.After(p.now())
}

// regulars are networks from which somebody signed in lately.
type regulars struct {
	now func() time.Time

	mu       sync.Mutex
	networks almanac
}

const (
	regularFor  = 7 * 24 * time.Hour
	maxRegulars = 4096
)

func newRegulars(now func() time.Time) *regulars {
	return &regulars{now: now, networks: almanac{most: maxRegulars}}
}

func (r *regulars) add(network netip.Prefix) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.networks.put(network, r.now(), false)
}

func (r *regulars) has(network netip.Prefix) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	leaf, known := r.networks.find(network)
	return known && r.now().Sub(leaf.at) < regularFor
}

// almanac keeps a time for each of so many networks; one more drives out that with the earliest. Who uses it locks it.
type almanac struct {
	most   int
	leaves map[netip.Prefix]*leaf
	heap   []*leaf // the earliest first
}

type leaf struct {
	network netip.Prefix
	at      time.Time
	shut    bool
	place   int // in the heap
}

func (a *almanac) find(network netip.Prefix) (leaf, bool) {
	if p := a.leaves[network]; p != nil {
		return *p, true
	}
	return leaf{}, false
}

func (a *almanac) put(network netip.Prefix, at time.Time, shut bool) {
	if p := a.leaves[network]; p != nil {
		p.at, p.shut = at, shut
		heap.Fix(a, p.place)
		return
	}
	if a.leaves == nil {
		a.leaves = map[netip.Prefix]*leaf{}
	}
	p := &leaf{network: network, at: at, shut: shut}
	a.leaves[network] = p
	heap.Push(a, p)
	if len(a.heap) > a.most {
		heap.Pop(a)
	}
}

// The five of container/heap.

// Len is how many there are.
func (a *almanac) Len() int { return len(a.heap) }

// Less says which is earlier.
func (a *almanac) Less(i, j int) bool { return a.heap[i].at.Before(a.heap[j].at) }

// Swap changes the places of two.
func (a *almanac) Swap(i, j int) {
	a.heap[i], a.heap[j] = a.heap[j], a.heap[i]
	a.heap[i].place, a.heap[j].place = i, j
}

// Push adds a leaf; put calls it.
func (a *almanac) Push(x any) {
	p, _ := x.(*leaf)
	p.place = len(a.heap)
	a.heap = append(a.heap, p)
}

// Pop takes the last leaf away; put calls it when there are too many.
func (a *almanac) Pop() any {
	last := len(a.heap) - 1
	p := a.heap[last]
	a.heap[last] = nil
	a.heap = a.heap[:last]
	delete(a.leaves, p.network)
	return p
}
