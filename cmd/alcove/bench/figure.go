package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
)

// Figure is one line of the table.
type Figure struct {
	Scenario string   `json:"scenario"`
	Of       string   `json:"of"` // how much of what
	Name     string   `json:"figure"`
	Unit     string   `json:"unit"`
	Ours     float64  `json:"ours"`
	Floor    *float64 `json:"floor,omitempty"`
	Ratio    *float64 `json:"ratio,omitempty"` // ours to the floor
	Budget   string   `json:"budget,omitempty"`
	Held     *bool    `json:"held,omitempty"`
}

// Report is what a run measured.
type Report struct {
	Figures     []Figure `json:"figures"`
	Growth      []Growth `json:"growth,omitempty"`
	NotMeasured []string `json:"not_measured"`
}

// Growth is how one figure grows with the size of what it is measured on.
type Growth struct {
	Scenario string    `json:"scenario"`
	Name     string    `json:"figure"`
	Unit     string    `json:"unit"`
	By       string    `json:"by"` // sessions, threads or entries
	Sizes    []int     `json:"sizes"`
	Ours     []float64 `json:"ours"`
	Exponent *float64  `json:"exponent,omitempty"` // 0 is flat, 1 is linear
}

// budget is the line that a figure must keep to: so many times the floor, and so much more.
type budget struct {
	factor, plus float64
	least        bool // ours must not be less, rather than not be more
}

func (b budget) String() string {
	sign := "<="
	if b.least {
		sign = ">="
	}
	switch {
	case b.factor == 0:
		return sign + " " + number(b.plus)
	case b.plus == 0:
		return fmt.Sprintf("%s %s x floor", sign, number(b.factor))
	}
	return fmt.Sprintf("%s %s x floor + %s", sign, number(b.factor), number(b.plus))
}

func (b budget) holds(ours, floor float64) bool {
	line := b.plus
	if b.factor != 0 {
		line += b.factor * floor
	}
	if b.least {
		return ours >= line
	}
	return ours <= line
}

// unknown stands for a floor that there is none of.
func unknown() float64 { return math.NaN() }

// newFigure compares; a figure that could not be measured is none, and answers false.
func newFigure(scenario, of, name, unit string, ours, floor float64, b *budget) (Figure, bool) {
	if math.IsNaN(ours) || math.IsInf(ours, 0) {
		return Figure{}, false
	}
	f := Figure{Scenario: scenario, Of: of, Name: name, Unit: unit, Ours: ours}
	known := !math.IsNaN(floor) && !math.IsInf(floor, 0)
	if known {
		f.Floor = &floor
	}
	if known && floor != 0 {
		ratio := ours / floor
		f.Ratio = &ratio
	}
	if b != nil && (known || b.factor == 0) {
		held := b.holds(ours, floor)
		f.Budget, f.Held = b.String(), &held
	}
	return f, true
}

// Print writes the tables for a reader.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Figures) > 0 {
		fmt.Fprintln(w, "scenario\tof\tfigure\tunit\tours\tfloor\tratio\tbudget\theld")
	}
	for _, f := range r.Figures {
		held := ""
		switch {
		case f.Held == nil:
		case *f.Held:
			held = "yes"
		default:
			held = "NO"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Scenario, f.Of, f.Name, f.Unit, number(f.Ours), maybe(f.Floor), maybe(f.Ratio), f.Budget, held)
	}
	if len(r.Growth) > 0 {
		r.printGrowth(w)
	}
	for _, what := range r.NotMeasured {
		fmt.Fprintf(w, "\n%s\n", what)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}

// printGrowth has a column for each size.
func (r *Report) printGrowth(w io.Writer) {
	var sizes []int
	for _, g := range r.Growth {
		sizes = append(sizes, g.Sizes...)
	}
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	fmt.Fprint(w, "\nscenario\tfigure\tunit\tby")
	for _, size := range sizes {
		fmt.Fprintf(w, "\t%d", size)
	}
	fmt.Fprintln(w, "\tgrows as")
	for _, g := range r.Growth {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s", g.Scenario, g.Name, g.Unit, g.By)
		for _, size := range sizes {
			text := ""
			if i := slices.Index(g.Sizes, size); i >= 0 {
				text = number(g.Ours[i])
			}
			fmt.Fprint(w, "\t", text)
		}
		if g.Exponent != nil {
			fmt.Fprintf(w, "\tsize^%.2f", *g.Exponent)
		}
		fmt.Fprintln(w)
	}
}

func maybe(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

// number has three digits that mean something, as far as there are any.
func number(v float64) string {
	if math.Abs(v) >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
