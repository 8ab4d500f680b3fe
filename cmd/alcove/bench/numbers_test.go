package bench

import (
	"math"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for n := range 100 {
		times = append(times, time.Duration(100-n)) // 100 down to 1
	}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := Quantile(times, share); got != want {
			t.Errorf("quantile %v is %d, not %d", share, got, want)
		}
	}
	if got := Quantile(nil, 0.5); got != 0 {
		t.Errorf("the middle of nothing is %v", got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of   []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}, {[]float64{7}, 7}} {
		if got := median(test.of); got != test.want {
			t.Errorf("the median of %v is %v", test.of, got)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
}

func TestExponent(t *testing.T) {
	t.Parallel()
	x := []float64{10, 100, 1000, 10000}
	for want, f := range map[float64]func(float64) float64{
		0:   func(float64) float64 { return 7 },
		1:   func(x float64) float64 { return 3 * x },
		0.5: func(x float64) float64 { return 2 * math.Sqrt(x) },
		2:   func(x float64) float64 { return x * x },
	} {
		var y []float64
		for _, v := range x {
			y = append(y, f(v))
		}
		if got := exponent(x, y); math.Abs(got-want) > 1e-9 {
			t.Errorf("exponent %v, not %v", got, want)
		}
	}
	if got := exponent([]float64{10, 100, 1000}, []float64{0, 10, 100}); math.Abs(got-1) > 1e-9 {
		t.Errorf("a figure of nothing counts: %v", got)
	}
	if !math.IsNaN(exponent(x[:1], x[:1])) {
		t.Error("one point has an exponent")
	}
}
