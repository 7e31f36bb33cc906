package slice

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// A shift goes through Kong as through any gateway, without a person who says that it may go on: Kong counts the requests of
// each target, and the failures of the whole route. Nothing of its targets' keys, which each write has to send back, is in what
// the change leaves behind.
func TestAShiftThroughKongIsCommitted(t *testing.T) {
	longWatch(t)
	t.Parallel()
	r := rigOf(t, sim.Options{Gateway: "kong"}, nil)
	s := r.after(90 * time.Second)
	route := s.Route("chat")
	before := route.Weights
	if route.Routing.Weighing != fleet.WeighingFromOne || len(before) != 3 {
		show(t, s)
		t.Fatalf("weighing %q, weights %v", route.Routing.Weighing, before)
	}
	after := fleet.Weights{"b200-a": 52, "h100-b": 36, "openai": 12}
	id := r.start(actions.Intent{Kind: actions.KindShift, Route: "chat", Soak: soak, Weights: after})
	if c := r.until(id, actions.StateHeld); c.State != actions.StateCommitted {
		t.Fatalf("the change is %s: %s", c.State, c.Why)
	}
	if w := r.hub.Latest().Route("chat").Weights; !w.Equal(after) {
		t.Errorf("weights %v, before the change %v", w, before)
	}
	files := 0
	err := filepath.WalkDir(r.state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("sk-simulated")) {
			t.Errorf("%s holds a key of a target", path)
		}
		files++
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files of the change, %v", files, err)
	}
}
