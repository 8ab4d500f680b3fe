package main

import (
	"strings"
	"testing"
)

func TestTheDoctorCountsSessionsThatADefectEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    patient
		want level
	}{
		{patient{server: 1}, fine},
		{patient{server: 1, panics: 2}, warning},
	} {
		c.p.checkSessions()
		f := c.p.found
		if len(f) != 1 || f[0].Check != "sessions" || f[0].Level != c.want {
			t.Errorf("%d panics: %+v", c.p.panics, f)
		}
		if c.want == warning && (!strings.Contains(f[0].Text, "2 times") || f[0].Mend == "") {
			t.Errorf("said %+v", f[0])
		}
	}
	p := patient{}
	if p.checkSessions(); len(p.found) > 0 {
		t.Errorf("without a server: %+v", p.found)
	}
}
