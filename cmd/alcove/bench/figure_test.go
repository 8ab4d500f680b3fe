package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() *Report {
	r := &run{Config: Config{Progress: io.Discard}, report: Report{NotMeasured: []string{"Not measured: the moon."}}}
	s := r.of("typing", 1000, "sessions")
	s.add("key to screen, median", "ms", 0.9, 0.75, &budget{factor: 1.3})
	s.add("on the wire a key", "bytes", 100, 36, &budget{plus: 64})
	s.add("processor a key", "us", unknown(), unknown(), nil) // not measured, so not there
	s.add("sign-in", "ms", 20, 4, &budget{factor: 1.5, plus: 15})
	s.add("handshakes", "a second", 700, 800, &budget{factor: 0.9, least: true})
	s.add("no floor", "ms", 1, unknown(), &budget{factor: 2})
	r.report.Growth = rows("sessions", []int{10, 100}, []Report{
		{Figures: []Figure{{Scenario: "idle", Name: "memory", Unit: "KB", Ours: 10}}},
		{Figures: []Figure{{Scenario: "idle", Name: "memory", Unit: "KB", Ours: 100}}},
	})
	return &r.report
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := sample().Print(&out); err != nil {
		t.Fatal(err)
	}
	const want = `scenario  of             figure                 unit      ours  floor  ratio  budget               held
typing    1000 sessions  key to screen, median  ms        0.9   0.75   1.2    <= 1.3 x floor       yes
typing    1000 sessions  on the wire a key      bytes     100   36     2.78   <= 64                NO
typing    1000 sessions  sign-in                ms        20    4      5      <= 1.5 x floor + 15  yes
typing    1000 sessions  handshakes             a second  700   800    0.875  >= 0.9 x floor       NO
typing    1000 sessions  no floor               ms        1                                        

scenario  figure  unit  by        10  100  grows as
idle      memory  KB    sessions  10  100  size^1.00

Not measured: the moon.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// TestJSON holds the names that scripts read.
func TestJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string][]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	first := map[string]any{
		"scenario": "typing", "of": "1000 sessions", "figure": "key to screen, median", "unit": "ms",
		"ours": 0.9, "floor": 0.75, "ratio": 0.9 / 0.75, "budget": "<= 1.3 x floor", "held": true,
	}
	if diff := cmp.Diff(first, got["figures"][0]); diff != "" {
		t.Error(diff)
	}
	growth := map[string]any{
		"scenario": "idle", "figure": "memory", "unit": "KB", "by": "sessions",
		"sizes": []any{10.0, 100.0}, "ours": []any{10.0, 100.0}, "exponent": 1.0,
	}
	if diff := cmp.Diff(growth, got["growth"][0]); diff != "" {
		t.Error(diff)
	}
}
