package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// side is one of the two that are compared, with its members.
type side struct {
	addr    string
	process *Process // nil: not ours, and not measured
	floor   bool
	members []*Member

	filled filled        // of ours
	data   string        // its folder
	began  time.Duration // from its start to its address
}

// settingsText lets everybody in: it is the machine that is measured, not the door. The door's own is measured by flood.
const settingsText = `[limits]
strangers = 20000
per-address = 20000
per-network = 20000
members = 40000
per-person = 20000
person-sessions = 20000
stored = 1048576
entries-per-minute = 1048576
`

// practice is a server with such a content, and one member for each session. The name is a folder's.
func (r *run) practice(ctx context.Context, name string, c content) (*side, error) {
	if r.Addr != "" {
		s := &side{addr: r.Addr}
		for i, key := range r.Keys[:r.Sessions] {
			s.members = append(s.members, &Member{Number: i + 1, Key: key})
		}
		return s, nil
	}
	dir := filepath.Join(r.dir, name)
	done, err := r.fillOnce(ctx, dir, c)
	if err != nil {
		return nil, err
	}
	settings := filepath.Join(dir, "settings.toml")
	if err := os.WriteFile(settings, []byte(settingsText), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	cmd, err := r.Serve(ctx, filepath.Join(dir, "data"), settings)
	if err != nil {
		return nil, err
	}
	s, err := start(cmd, r.Seed, c.members)
	if err != nil {
		return nil, err
	}
	s.filled, s.data = done, filepath.Join(dir, "data")
	return s, nil
}

// bare is the floor with so many members.
func (r *run) bare(ctx context.Context, members int) (*side, error) {
	cmd, err := r.Floor(ctx)
	if err != nil {
		return nil, err
	}
	s, err := start(cmd, r.Seed, members)
	if err != nil {
		return nil, fmt.Errorf("the floor: %w", err)
	}
	s.floor = true
	return s, nil
}

// start runs a server for so many members.
func start(cmd *exec.Cmd, seed uint64, members int) (*side, error) {
	keys, err := seedKeys(seed, members)
	if err != nil {
		return nil, err
	}
	s := &side{}
	for i, key := range keys {
		s.members = append(s.members, &Member{Number: i + 1, Key: key})
	}
	begin := time.Now()
	if s.process, err = Start(cmd); err != nil {
		return nil, err
	}
	s.began = time.Since(begin)
	s.addr = s.process.Addr
	return s, nil
}

// signIn lets all come to their first screen: Home, or the floor's greeting.
func (s *side) signIn(ctx context.Context) error {
	if err := Each(ctx, s.members, func(ctx context.Context, m *Member) error { return m.SignIn(ctx, s.addr, s.home()) }); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// home is what the first screen shows when it is whole: Home has a preview of the last entry below the threads. What a server
// shows that is not ours, nobody knows.
func (s *side) home() string {
	switch {
	case s.floor:
		return floorReady
	case s.process == nil:
		return ""
	}
	return markEnd
}

// openFirst opens the first thread, so that what is typed stands in its composer.
func (s *side) openFirst(ctx context.Context) error {
	if s.floor {
		return nil
	}
	if err := Each(ctx, s.members, func(ctx context.Context, m *Member) error { return m.Press(ctx, "1", markOpen) }); err != nil {
		return fmt.Errorf("open a thread: %w", err)
	}
	return nil
}

// enter lets all sign in, and open the first thread if they are to.
func (s *side) enter(ctx context.Context, open bool) error {
	if err := s.signIn(ctx); err != nil || !open {
		return err
	}
	return s.openFirst(ctx)
}

// end sends everybody home, and stops the server if it is ours.
func (s *side) end() error {
	for _, m := range s.members {
		m.Leave()
	}
	if s.process == nil {
		return nil
	}
	return s.process.Stop()
}

// usage is what a side has used up until now; NaN or 0 for what is not measured.
type usage struct {
	at     time.Time
	cpu    time.Duration
	memory int64
	bytes  int64 // that came to the members
	known  bool  // cpu and memory
}

func (s *side) usage() usage {
	u := usage{at: time.Now()}
	for _, m := range s.members {
		if m.wire != nil {
			u.bytes += m.wire.in.Load()
		}
	}
	if s.process == nil {
		return u
	}
	var err, cpuErr error
	u.memory, _, err = s.process.Memory()
	u.cpu, cpuErr = s.process.CPU()
	u.known = err == nil && cpuErr == nil // elsewhere than on Linux it is not, and the table has no such line
	return u
}

// perCPU is the processor time between two moments in microseconds, shared among so many.
func perCPU(from, to usage, share float64) float64 {
	if !from.known || !to.known {
		return unknown()
	}
	return float64((to.cpu - from.cpu).Microseconds()) / share
}

// perKB is the memory that came in between in KB, shared among so many.
func perKB(from, to usage, share float64) float64 {
	if !from.known || !to.known {
		return unknown()
	}
	return float64(to.memory-from.memory) / 1024 / share
}

// settle waits until a side is at rest, or gives up on that: some servers never are.
func (s *side) settle(ctx context.Context) error {
	const piece, most = 500 * time.Millisecond, 20
	for range most {
		before := s.usage()
		if err := pause(ctx, piece); err != nil {
			return err
		}
		after := s.usage()
		if after.bytes == before.bytes && after.cpu-before.cpu < piece/200 {
			return nil
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
