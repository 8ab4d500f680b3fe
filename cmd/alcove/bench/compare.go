package bench

import (
	"context"
	"errors"
	"fmt"
)

// pair is the floor and a practice, each with so many sessions, to be measured by turns.
type pair struct{ bare, ours *side }

func (r *run) pair(ctx context.Context, name string, c content, sessions int) (p pair, err error) {
	if p.bare, err = r.bare(ctx, c.members); err != nil {
		return p, err
	}
	if p.ours, err = r.practice(ctx, name, c); err != nil {
		return p, errors.Join(err, p.bare.end())
	}
	p.bare.sessions(sessions)
	p.ours.sessions(sessions)
	return p, nil
}

// enter lets all sign in, and open the first thread where there is one.
func (p pair) enter(ctx context.Context) error {
	if err := p.bare.enter(ctx, true); err != nil {
		return err
	}
	return p.ours.enter(ctx, true)
}

func (p pair) end() error { return errors.Join(p.bare.end(), p.ours.end()) }

// values are figures of one side by name.
type values map[string]float64

// get is a figure, NaN where the side has none.
func (v values) get(name string) float64 {
	if value, ok := v[name]; ok {
		return value
	}
	return unknown()
}

// byTurns measures the floor and the practice, in so many rounds, and answers the medians.
func (r *run) byTurns(p pair, measure func(*side) (values, error)) (mine, floor values, err error) {
	rounds := map[*side]map[string][]float64{p.bare: {}, p.ours: {}}
	for n := range r.Rounds {
		if r.Rounds > 1 {
			r.say("  round %d of %d", n+1, r.Rounds)
		}
		for _, s := range []*side{p.bare, p.ours} {
			found, err := measure(s)
			if err != nil && s.floor {
				err = fmt.Errorf("the floor: %w", err)
			}
			if err != nil {
				return nil, nil, err
			}
			for name, value := range found {
				rounds[s][name] = append(rounds[s][name], value)
			}
		}
	}
	return medians(rounds[p.ours]), medians(rounds[p.bare]), nil
}

func medians(rounds map[string][]float64) values {
	all := values{}
	for name, each := range rounds {
		all[name] = median(each)
	}
	return all
}
