package main

import (
	"strings"
	"testing"
)

func TestTheDoctorWantsAFileForEachConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files   uint64
		members int
		want    level
	}{
		{0, 4096, ""}, {20000, 4096, fine}, {1024, 4096, warning}, {1024, 400, fine},
	} {
		p := patient{app: &app{}, files: c.files}
		p.app.Limits = limitSettings{"members": c.members}
		p.checkFiles()
		switch {
		case len(p.found) == 0 && c.want == "":
		case len(p.found) != 1 || p.found[0].Check != "open files" || p.found[0].Level != c.want:
			t.Errorf("%d files for %d members: %+v", c.files, c.members, p.found)
		case c.want == warning && !strings.Contains(p.found[0].Mend, "ulimit -n 4708 "):
			t.Errorf("said %+v", p.found[0])
		}
	}
}
